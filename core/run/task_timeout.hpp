// How long a task may take: what its project says, else its type.
#pragma once

#include "model/task_spec.hpp"
#include "plugin/catalog.hpp"

namespace maintain {

inline Seconds task_timeout(const TaskSpec& spec, const Catalog& catalog) {
  if (spec.timeout) return *spec.timeout;
  if (const CatalogEntry* entry = catalog.offering(spec.use))
    for (const TaskType& type : entry->manifest.task_types)
      if (type.name == spec.use) return type.default_timeout;
  return TaskType{}.default_timeout;
}

}  // namespace maintain
