// hello.uptime: warns when a server has been up for too long.
#pragma once

#include <maintain/plugin.hpp>

class UptimeTask final : public maintain::sdk::Task {
 public:
  maintain::sdk::Outcome run(maintain::sdk::Context& context) override;
};
