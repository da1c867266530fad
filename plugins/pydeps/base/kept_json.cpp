#include "pydeps/base/kept_json.hpp"

#include <utility>

namespace maintain::pydeps {

bool KeptJson::key(string_t& name) {
  if (unwanted_ > 0) return true;
  next_is_unwanted_ = !keep_(open_.size(), name);
  if (!next_is_unwanted_) member_ = &(*open_.back())[name];
  return true;
}

bool KeptJson::add(Json value) {
  if (unwanted_ == 0 && !std::exchange(next_is_unwanted_, false)) place(std::move(value));
  return true;
}

bool KeptJson::open(Json empty) {
  if (unwanted_ > 0 || std::exchange(next_is_unwanted_, false)) ++unwanted_;
  else open_.push_back(place(std::move(empty)));
  return true;
}

bool KeptJson::close() {
  if (unwanted_ > 0) --unwanted_;
  else open_.pop_back();
  return true;
}

Json* KeptJson::place(Json value) {
  Json* where = &value_;
  if (!open_.empty())
    where = open_.back()->is_array() ? &open_.back()->emplace_back() : std::exchange(member_, nullptr);
  *where = std::move(value);
  return where;
}

}  // namespace maintain::pydeps
