// The test kit's side of a call through the C tables.
#pragma once

#include <maintain/detail/fake_server.hpp>
#include <maintain/testkit.hpp>

namespace maintain::sdk::testkit::detail {

using sdk::detail::guarded;
using sdk::detail::to_string;
using sdk::detail::to_text;
using sdk::detail::to_view;

inline FakeServer& server_of(const maintain_host* host) { return *static_cast<FakeServer*>(host->context); }

// A call of an extension during run(), with the catch-all.
template <class Body>
maintain_status call(const maintain_host* host, maintain_error* error, const Body& body) noexcept {
  return guarded(error, [&]() -> maintain_status {
    FakeServer& server = server_of(host);
    if (!server.script().running)
      throw Failure(MAINTAIN_INVALID_STATE, "extensions may be used only while run() runs");
    if constexpr (std::is_void_v<decltype(body(server))>) {
      body(server);
      return MAINTAIN_OK;
    } else {
      return body(server);
    }
  });
}
inline maintain_status write(const maintain_sink* sink, std::string_view bytes) {
  return bytes.empty() ? MAINTAIN_OK : sink->write(sink->context, bytes.data(), bytes.size());
}

}  // namespace maintain::sdk::testkit::detail
