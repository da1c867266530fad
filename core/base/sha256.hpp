// SHA-256 (FIPS 180-4), through OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace maintain {

class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  std::string hexadecimal();  // ends it; call once

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256_of(std::string_view bytes);

}  // namespace maintain
