// Takes a gzip file apart while its bytes pass. zlib checks the CRC and the length at the file's end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace maintain::plugins::backup {

class Gunzip {
 public:
  Gunzip();
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  // Hands on what was inside, in pieces of at most 64 KiB, whatever the bytes expand to.
  void add(std::string_view bytes, const std::function<void(std::string_view)>& plain);

  bool ended() const { return ended_; }  // up to the CRC, which was right
  const std::optional<std::string>& problem() const { return problem_; }

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  bool ended_ = false;
  std::optional<std::string> problem_;
};

}  // namespace maintain::plugins::backup
