#include "letsencrypt/certificate/chain_check.hpp"

#include <algorithm>
#include <fstream>

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "letsencrypt/certificate/openssl.hpp"

namespace maintain::letsencrypt {
namespace {

constexpr const char* system_roots = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::size_t max_roots_bytes = 4UL << 20;
constexpr std::size_t max_roots = 2000;
constexpr int max_depth = 10;

using Kind = ChainVerdict::Kind;

std::vector<X509Ptr> read_roots(std::string_view pem) {
  std::vector<X509Ptr> roots;
  if (pem.size() > max_roots_bytes) return roots;
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (bio && roots.size() < max_roots) {
    X509Ptr root(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (!root) break;
    roots.push_back(std::move(root));
  }
  const auto is_intermediate = [](const X509Ptr& x509) {
    return (X509_get_extension_flags(x509.get()) & EXFLAG_SS) == 0;
  };
  if (!std::all_of(roots.begin(), roots.end(), is_intermediate)) std::erase_if(roots, is_intermediate);
  return roots;
}

std::string quoted(const std::string& name) { return name.empty() ? "without a name" : "\"" + name + "\""; }

std::string subject_of(const X509* x509) { return quoted(name_line(X509_get_subject_name(x509))); }
std::string issuer_of(const X509* x509) { return quoted(name_line(X509_get_issuer_name(x509))); }

// Where and why the building of the chain ended.
ChainVerdict explain(int error, int depth, const X509* at) {
  const std::string reason = X509_verify_cert_error_string(error);
  if (at == nullptr) return {Kind::broken, reason};
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      if (depth == 0) return {Kind::incomplete, "its issuer " + issuer_of(at) + " is neither sent with it nor a root"};
      return {Kind::untrusted, "the chain ends with " + subject_of(at) + ", whose issuer " + issuer_of(at) +
                                   " is neither sent with it nor a root"};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return {Kind::self_signed, "it is signed by itself"};
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return {Kind::untrusted, "the chain ends with " + subject_of(at) + ", which is not a root that is trusted"};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {Kind::untrusted, "the authority " + subject_of(at) + " in the chain has expired"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {Kind::untrusted, "the authority " + subject_of(at) + " in the chain is not yet valid"};
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
      return {Kind::broken, "the signature of " + subject_of(at) + " does not fit its issuer " + issuer_of(at)};
    default: return {Kind::untrusted, subject_of(at) + ": " + reason};
  }
}

ChainVerdict verify(X509* leaf, STACK_OF(X509) * others, X509_STORE* store, std::int64_t moment) {
  const X509StoreContextPtr context(X509_STORE_CTX_new());
  if (!context || X509_STORE_CTX_init(context.get(), store, leaf, others) != 1) {
    return {Kind::broken, "it cannot be checked"};
  }
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(rules, moment);
  X509_VERIFY_PARAM_set_depth(rules, max_depth);
  // Intermediates are among the roots only where an administrator put them there to be trusted.
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
  const int result = X509_verify_cert(context.get());
  const int error = X509_STORE_CTX_get_error(context.get());
  if (result == 1) return {Kind::trusted, {}};
  return explain(error, X509_STORE_CTX_get_error_depth(context.get()),
                 X509_STORE_CTX_get_current_cert(context.get()));
}

}  // namespace

struct TrustRoots::Store {
  X509StorePtr store = X509StorePtr(X509_STORE_new());
  std::vector<X509Ptr> roots = {};
};

struct RootsAccess {
  static X509_STORE* store_of(const TrustRoots& roots) { return roots.store_->store.get(); }
};

TrustRoots::TrustRoots() : store_(std::make_shared<Store>()) {}

TrustRoots TrustRoots::system() {
  TrustRoots roots;
  std::ifstream file(system_roots, std::ios::binary);
  std::string text(max_roots_bytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  roots.add_pem(text);
  return roots;
}

bool TrustRoots::add_pem(std::string_view pem) {
  const ErrorsForgotten forgotten;
  std::vector<X509Ptr> added = read_roots(pem);
  if (added.empty()) return false;
  // OpenSSL cannot copy a store, so a new one is made of the old one's certificates.
  const auto store = std::make_shared<Store>();
  if (!store->store) return false;
  for (const X509Ptr& root : store_->roots) {
    X509_up_ref(root.get());
    store->roots.emplace_back(root.get());
  }
  for (X509Ptr& root : added) {
    const auto is_same = [&](const X509Ptr& other) { return X509_cmp(other.get(), root.get()) == 0; };
    if (std::none_of(store->roots.begin(), store->roots.end(), is_same)) store->roots.push_back(std::move(root));
  }
  for (const X509Ptr& root : store->roots) X509_STORE_add_cert(store->store.get(), root.get());
  store_ = store;
  return true;
}

std::size_t TrustRoots::size() const { return store_->roots.size(); }

std::string_view to_string(ChainVerdict::Kind kind) {
  switch (kind) {
    case Kind::trusted: return "trusted";
    case Kind::incomplete: return "incomplete";
    case Kind::untrusted: return "untrusted";
    case Kind::self_signed: return "self_signed";
    case Kind::broken: break;
  }
  return "broken";
}

ChainVerdict check_chain(const std::vector<Certificate>& presented, const TrustRoots& roots, std::int64_t now) {
  const ErrorsForgotten forgotten;
  if (presented.empty()) return {Kind::broken, "there is no certificate"};
  const Certificate& leaf = presented.front();
  const X509Ptr first = read_x509(leaf.der);
  const X509StackPtr others(sk_X509_new_null());
  if (!first || !others) return {Kind::broken, "the certificate cannot be read"};
  const std::size_t count = std::min(presented.size(), max_chain);
  for (std::size_t i = 1; i < count; ++i) {
    X509Ptr other = read_x509(presented[i].der);
    if (other && sk_X509_push(others.get(), other.get()) > 0) other.release();
  }
  if (leaf.not_before > leaf.not_after) return {Kind::broken, "it ends before it begins"};
  // For OpenSSL a certificate has ended in its last second already.
  const std::int64_t moment = std::clamp(now, leaf.not_before, std::max(leaf.not_before, leaf.not_after - 1));
  return verify(first.get(), others.get(), RootsAccess::store_of(roots), moment);
}

}  // namespace maintain::letsencrypt
