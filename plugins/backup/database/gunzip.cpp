#include "backup/database/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <vector>

namespace maintain::plugins::backup {

struct Gunzip::Stream {
  z_stream z{};
  std::vector<char> room = std::vector<char>(64 * 1024);
};

Gunzip::Gunzip() : stream_(std::make_unique<Stream>()) {
  constexpr int gzip_only = 16;  // added to the window's size: see inflateInit2
  if (inflateInit2(&stream_->z, gzip_only + MAX_WBITS) != Z_OK) throw std::bad_alloc();
}

Gunzip::~Gunzip() { inflateEnd(&stream_->z); }

void Gunzip::add(std::string_view bytes, const std::function<void(std::string_view)>& plain) {
  z_stream& z = stream_->z;
  while (!bytes.empty() && !problem_) {
    if (ended_) {
      problem_ = "its compressed data have ended, and something follows";
      return;
    }
    const auto piece = bytes.substr(0, std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    z.avail_in = static_cast<uInt>(piece.size());
    int status = Z_OK;
    do {  // ends: every round takes from the input or fills the room
      z.next_out = reinterpret_cast<Bytef*>(stream_->room.data());
      z.avail_out = static_cast<uInt>(stream_->room.size());
      status = inflate(&z, Z_NO_FLUSH);
      const std::size_t got = stream_->room.size() - z.avail_out;
      if (got > 0) plain({stream_->room.data(), got});
    } while (status == Z_OK && (z.avail_in > 0 || z.avail_out == 0));
    if (status == Z_STREAM_END) ended_ = true;
    else if (status != Z_OK && status != Z_BUF_ERROR)
      problem_ = std::string("its compressed data are damaged: ") + (z.msg != nullptr ? z.msg : "not gzip");
    bytes.remove_prefix(piece.size() - z.avail_in);
    if (status == Z_BUF_ERROR) break;  // all was taken, nothing came out
  }
}

}  // namespace maintain::plugins::backup
