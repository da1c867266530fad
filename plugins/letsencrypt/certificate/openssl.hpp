// OpenSSL's objects with an owner, and nothing of them outside this folder and its tests.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace maintain::letsencrypt {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
inline void release_stack(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
// A macro of OpenSSL takes the place of a function here.
inline void release_memory(void* memory) { OPENSSL_free(memory); }

using BioPtr = std::unique_ptr<BIO, Release<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Release<X509_free>>;
using X509StackPtr = std::unique_ptr<STACK_OF(X509), Release<release_stack>>;
using X509StorePtr = std::unique_ptr<X509_STORE, Release<X509_STORE_free>>;
using X509StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Release<X509_STORE_CTX_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>>;
using BytesPtr = std::unique_ptr<unsigned char, Release<release_memory>>;

// What fails within its life leaves nothing in the thread's queue of errors, where somebody else would find it.
class ErrorsForgotten {
 public:
  ErrorsForgotten() { ERR_set_mark(); }
  ~ErrorsForgotten() { ERR_pop_to_mark(); }
  ErrorsForgotten(const ErrorsForgotten&) = delete;
  ErrorsForgotten& operator=(const ErrorsForgotten&) = delete;
};

// The whole of der, or null.
X509Ptr read_x509(std::string_view der);

// "C=US, O=Let's Encrypt, CN=R11": printable, one line, cut when it is absurdly long.
std::string name_line(const X509_NAME* name);

}  // namespace maintain::letsencrypt
