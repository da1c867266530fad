// The options that every task which makes copies has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <maintain/plugin.hpp>

namespace maintain::plugins::backup {

struct CopyOptions {
  sdk::Json keep;                // restic's words; null: as maintain.yml says
  int min_verified = 3;
  double drop = 0.5;
  bool allow_empty = false;
  std::uint64_t max_bytes = 0;   // 0: no bound
  std::uint64_t max_files = 0;
  bool legacy_layout = false;    // also the earlier bot's names
};

// Throws sdk::InvalidOption.
CopyOptions copy_options(const sdk::Json& options);

// "10MiB" in bytes; nothing when it is not a number and one of KiB, MiB, GiB, TiB, or too large.
std::optional<std::uint64_t> parse_size(std::string_view text);

// 0 when the option is not given. Throws sdk::InvalidOption.
std::uint64_t size_option(const sdk::Json& options, const char* key);

// An option that is one text or a list of texts, as a list; empty when it is not given.
std::vector<std::string> list_option(const sdk::Json& options, const char* key);

// "1.4 GiB", "312 bytes".
std::string bytes_text(std::uint64_t bytes);

// "0.4 s", "34 s".
std::string seconds_text(double seconds);

}  // namespace maintain::plugins::backup
