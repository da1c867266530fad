#include "transport/ssh2_session.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include <fmt/format.h>

#include "base/text.hpp"
#include "transport/ssh_command.hpp"
#include "transport/wait.hpp"

namespace maintain {
namespace {

constexpr int unanswered_keepalives = 3;
constexpr int most_closing_steps = 100;
constexpr Milliseconds closing_patience{1000};

void init_libssh2() {
  static std::once_flag once;
  std::call_once(once, [] { libssh2_init(0); });
}

template <class Function>
void set_callback(LIBSSH2_SESSION* session, int which, Function* function) {
#if LIBSSH2_VERSION_NUM >= 0x010b01
  libssh2_session_callback_set2(session, which, reinterpret_cast<libssh2_cb_generic*>(function));
#else
  libssh2_session_callback_set(session, which, reinterpret_cast<void*>(function));
#endif
}

// libssh2 offers ECDSA before Ed25519, whatever known_hosts holds; ssh writes Ed25519.
std::string host_key_methods(const KnownHost& known) {
  std::vector<std::string> methods;
  for (const char* type : {"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"})
    if (std::any_of(known.keys.begin(), known.keys.end(), [&](const KnownKey& key) { return key.type == type; }))
      methods.push_back(type);
  return join(methods, ",");
}

}  // namespace

Ssh2Session::Ssh2Session(const Server& server, const TransportSettings& settings, UniqueFd socket)
    : server_(server), settings_(settings), socket_(std::move(socket)) {
  init_libssh2();
  session_ = libssh2_session_init_ex(nullptr, nullptr, nullptr, this);
  if (session_ == nullptr) throw std::bad_alloc();
  libssh2_session_set_blocking(session_, 0);
  set_callback(session_, LIBSSH2_CALLBACK_RECV, &Ssh2Session::receive);
  set_callback(session_, LIBSSH2_CALLBACK_DISCONNECT, &Ssh2Session::disconnected);
}

// libssh2's own ways of closing wait for the server. Once the socket is shut down they all end at once.
Ssh2Session::~Ssh2Session() {
  if (usable_ && authenticated_) libssh2_session_disconnect(session_, "done");
  abandon();
  for (int i = 0; i < most_closing_steps && libssh2_session_free(session_) == LIBSSH2_ERROR_EAGAIN; ++i) {}
}

void Ssh2Session::abandon() {
  usable_ = false;
  ::shutdown(socket_.get(), SHUT_RDWR);
}

void Ssh2Session::close_channel(LIBSSH2_CHANNEL* channel) {
  closing_.push_back(channel);
  const Deadline deadline = Deadline::after(closing_patience);
  std::erase_if(closing_, [&](LIBSSH2_CHANNEL* one) {
    while (usable_) {
      if (libssh2_channel_free(one) != LIBSSH2_ERROR_EAGAIN) return true;
      if (!half_sent()) return false;
      if (!wait(deadline, false)) abandon();
    }
    return false;
  });
}

ssize_t Ssh2Session::receive(libssh2_socket_t socket, void* buffer, std::size_t length, int flags, void** abstract) {
  auto* self = static_cast<Ssh2Session*>(*abstract);
  const ssize_t got = ::recv(socket, buffer, length, flags);
  if (got < 0 && (errno == EINTR || errno == EWOULDBLOCK)) return -EAGAIN;
  if (got <= 0) self->peer_closed_ = true;
  if (got < 0) return -errno;
  self->heard_ = std::chrono::steady_clock::now();
  // The kernel falls back to delayed acknowledgements by itself; each costs a stall of 40 ms in this dialogue.
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  return got;
}

void Ssh2Session::disconnected(LIBSSH2_SESSION*, int, const char* message, int message_length, const char*, int,
                               void** abstract) {
  auto* self = static_cast<Ssh2Session*>(*abstract);
  self->peer_closed_ = true;
  if (message != nullptr && message_length > 0)
    self->peer_said_ = shorten(printable({message, static_cast<std::size_t>(message_length)}), 200);
}

bool Ssh2Session::half_sent() const {
  return (libssh2_session_block_directions(session_) & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0;
}

Result<void> Ssh2Session::check(Deadline deadline) const {
  if (settings_.cancelled && settings_.cancelled())
    return fail(ErrorKind::cancelled, name_of(server_) + ": cancelled");
  if (deadline.passed()) return fail(ErrorKind::timed_out, name_of(server_) + ": timed out");
  return {};
}

Result<void> Ssh2Session::wait(Deadline deadline, bool cancellable) {
  const auto now = std::chrono::steady_clock::now();
  // Silence counts only while we listen: between two commands nobody does.
  if (now - waited_ > settings_.keepalive / 2) heard_ = now;
  const short events = static_cast<short>(half_sent() ? POLLOUT : POLLIN);
  const Waited waited = wait_once(socket_.get(), events, deadline, cancellable ? settings_.cancelled : Cancelled{});
  waited_ = std::chrono::steady_clock::now();
  switch (waited) {
    case Waited::ready: return {};
    case Waited::later: return keep_alive();
    case Waited::cancelled: return fail(ErrorKind::cancelled, name_of(server_) + ": cancelled");
    case Waited::deadline: break;
  }
  return fail(ErrorKind::timed_out, name_of(server_) + ": timed out");
}

Result<void> Ssh2Session::keep_alive() {
  const auto silence = waited_ - heard_;
  if (!authenticated_ || settings_.keepalive.count() <= 0 || silence < settings_.keepalive) return {};
  if (silence > settings_.keepalive * (unanswered_keepalives + 1)) {
    abandon();
    return fail(ErrorKind::unreachable,
                fmt::format("{}: connection lost: no answer for {}", name_of(server_),
                            format_duration(std::chrono::floor<Seconds>(silence))));
  }
  // It keeps its own time, and may not cut into a packet that has gone out by half.
  if (half_sent()) return {};
  libssh2_keepalive_send(session_, nullptr);
  if (!half_sent()) return {};
  // There is no call that would send the rest of it, and nothing else may be sent before.
  abandon();
  return fail(ErrorKind::unreachable, name_of(server_) + ": connection lost: the server takes nothing any more");
}

Error Ssh2Session::lost(const std::string& while_doing) const {
  char* text = nullptr;
  libssh2_session_last_error(session_, &text, nullptr, 0);
  std::string why = peer_said_;
  if (why.empty() && peer_closed_) why = "the server closed the connection";
  if (why.empty() && text != nullptr) why = printable(text);
  return {ErrorKind::unreachable, fmt::format("{}: connection lost while {}: {}", name_of(server_), while_doing, why),
          {}, {}};
}

Result<void> Ssh2Session::handshake(const KnownHost& known) {
  const Deadline deadline = Deadline::after(settings_.handshake_timeout);
  libssh2_session_method_pref(session_, LIBSSH2_METHOD_HOSTKEY, host_key_methods(known).c_str());
  const auto done = drive([&] { return libssh2_session_handshake(session_, socket_.get()); }, deadline);
  if (!done && done.error().kind == ErrorKind::timed_out)
    return fail(ErrorKind::unreachable, fmt::format("{}: the SSH server did not finish the key exchange within {}",
                                                    name_of(server_), format_duration(std::chrono::ceil<Seconds>(
                                                                          settings_.handshake_timeout))));
  if (!done) return fail(done.error());
  if (*done != 0) {
    const bool says_so = peer_said_.find("no matching") != std::string::npos;
    negotiation_failed_ = says_so || (!peer_closed_ && (*done == LIBSSH2_ERROR_KEX_FAILURE ||
                                                        *done == LIBSSH2_ERROR_METHOD_NONE));
    if (!negotiation_failed_) return fail(lost("exchanging keys"));
    return fail(ErrorKind::unreachable,
                fmt::format("{}: libssh2 and the server have no algorithm in common, or the server has no host key of "
                            "the kinds that are known here ({})", name_of(server_), host_key_methods(known)),
                "set the transport of this server to openssh");
  }
  std::size_t size = 0;
  int type = 0;
  const char* blob = libssh2_session_hostkey(session_, &size, &type);
  if (blob == nullptr) return fail(lost("exchanging keys"));
  const std::string_view offered(blob, size);
  if (judge_host_key(known, offered) != HostKeyVerdict::known) return fail(host_key_error(server_, known, offered));
  return {};
}

namespace {

// What the signing callback gets to see.
struct Signing {
  const Identity& identity;
  const Identities& identities;
  Deadline deadline;
  std::optional<Error> failure = {};
};

int sign(LIBSSH2_SESSION*, unsigned char** signature, std::size_t* signature_size, const unsigned char* data,
         std::size_t size, void** abstract) {
  auto* signing = static_cast<Signing*>(*abstract);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto signed_text = signing->identity.key
                               ? signing->identity.key->sign(text)
                               : signing->identities.agent->sign(signing->identity.blob, text, signing->deadline);
  if (!signed_text) {
    signing->failure = signed_text.error();
    return -1;
  }
  *signature = static_cast<unsigned char*>(std::malloc(signed_text->size()));  // libssh2 frees it
  if (*signature == nullptr) return -1;
  std::copy(signed_text->begin(), signed_text->end(), *signature);
  *signature_size = signed_text->size();
  return 0;
}

// libssh2 takes the name of the algorithm from the key blob. For RSA that would be the name for SHA-1; a server that
// knows rsa-sha2-512 also reads a key under that name.
std::string offered_blob(const std::string& blob) {
  constexpr std::string_view plain("\0\0\0\7ssh-rsa", 11);
  if (!std::string_view(blob).starts_with(plain)) return blob;
  return std::string("\0\0\0\14rsa-sha2-512", 16) + blob.substr(plain.size());
}

std::string labels(const Identities& identities) {
  std::vector<std::string> names;
  for (const Identity& identity : identities.usable) names.push_back(identity.label);
  return names.empty() ? "none" : join(names, ", ");
}

Error refused(const Server& server, const std::string& user, const Identities& identities,
              const std::vector<Error>& not_signed, const std::string& also) {
  std::string problems;
  for (const auto* several : {&identities.problems, &not_signed})
    for (const Error& problem : *several) problems += "; " + problem.message;
  Error error{ErrorKind::authentication, {}, {}, {}};
  if (identities.usable.empty()) {
    error.message = fmt::format("{}: there is no key to log in with as user '{}'{}", name_of(server), user, problems);
    error.hint = identities.problems.empty() || identities.problems[0].hint.empty()
                     ? "make one with ssh-keygen -t ed25519, and name it in identity_files"
                     : identities.problems[0].hint;
    return error;
  }
  error.message = fmt::format("{}: the server refused our keys for user '{}' (tried {}){}{}", name_of(server), user,
                              labels(identities), also.empty() ? "" : ": " + also, problems);
  if (not_signed.size() == identities.usable.size()) {
    error.message = fmt::format("{}: none of our keys could sign for user '{}'{}", name_of(server), user, problems);
    error.hint = "the server was ready to take them: look at the agent ($SSH_AUTH_SOCK), or name a key file of its own";
    return error;
  }
  error.hint = fmt::format("add one of their public keys to ~{}/.ssh/authorized_keys on the server", user);
  return error;
}

}  // namespace

Result<bool> Ssh2Session::offer(const std::string& user, const Identity& identity, const Identities& identities,
                                Deadline deadline) {
  const std::string blob = offered_blob(identity.blob);
  Signing signing{identity, identities, deadline};
  void* abstract = &signing;
  const auto done = drive(
      [&] {
        return libssh2_userauth_publickey(session_, user.c_str(), reinterpret_cast<const unsigned char*>(blob.data()),
                                          blob.size(), &sign, &abstract);
      },
      deadline);
  if (!done) return fail(done.error());
  if (*done == 0) return true;
  if (signing.failure) {
    unsigned_.push_back(*signing.failure);
    unsigned_.back().message = identity.label + ": " + unsigned_.back().message;
  }
  const bool cut = peer_closed_ || *done == LIBSSH2_ERROR_SOCKET_SEND || *done == LIBSSH2_ERROR_SOCKET_RECV;
  if (cut && peer_said_.find("authentication failures") == std::string::npos) return fail(lost("logging in"));
  return false;
}

Result<void> Ssh2Session::authenticate(const std::string& user, const Identities& identities) {
  const Deadline deadline = Deadline::after(settings_.authentication_timeout);
  for (const Identity& identity : identities.usable) {
    const auto accepted = offer(user, identity, identities, deadline);
    if (!accepted && accepted.error().kind == ErrorKind::timed_out)
      return fail(ErrorKind::unreachable,
                  fmt::format("{}: the server did not answer to our keys within {}", name_of(server_),
                              format_duration(std::chrono::ceil<Seconds>(settings_.authentication_timeout))));
    if (!accepted) return fail(accepted.error());
    if (peer_closed_) break;
    if (!*accepted) continue;
    authenticated_ = true;
    const auto interval = std::chrono::ceil<Seconds>(settings_.keepalive).count();
    if (interval > 0) libssh2_keepalive_config(session_, 1, static_cast<unsigned>(interval));
    return {};
  }
  return fail(refused(server_, user, identities, unsigned_, peer_said_));
}

std::string Ssh2Session::describe() const {
  const char* host_key = libssh2_session_methods(session_, LIBSSH2_METHOD_HOSTKEY);
  const char* cipher = libssh2_session_methods(session_, LIBSSH2_METHOD_CRYPT_CS);
  return fmt::format("{}, {}", host_key == nullptr ? "?" : host_key, cipher == nullptr ? "?" : cipher);
}

}  // namespace maintain
