// The words before TLS in protocols that begin in clear text. Pure: bytes in, bytes out; the connection is the
// caller's. What the server says is hostile, and bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "letsencrypt/probe/endpoint.hpp"

namespace maintain::letsencrypt {

// smtp RFC 3207, imap RFC 9051 6.2.1, pop3 RFC 2595 4, ldap RFC 4511 4.14, postgres "SSL Session Encryption" of its
// manual. With StartTls::none it is ready at once.
class StartTlsDialogue {
 public:
  enum class State {
    talking,   // send take_output(), then add() what comes
    ready,     // the next byte of either side is TLS
    refused,   // the server understood and does not do TLS here, or not now
    nonsense,  // what it says is not this protocol, or too much
  };

  // own_address: how an SMTP client names itself (RFC 5321 4.1.4), see address_literal().
  StartTlsDialogue(StartTls protocol, std::string_view own_address);

  State state() const { return state_; }
  // Why it is refused or nonsense: one printable line, to be read after "the server": "does not offer STARTTLS". Of
  // what the server said it has reply codes only: whoever listens there must not write into our mails.
  const std::string& problem() const { return problem_; }

  // Bytes to send, once.
  std::string take_output();
  // Bytes that came, in any pieces. Has no effect once the state is another than talking. Bytes after the word that
  // begins TLS make it nonsense: an attacker would have put them there to be taken for encrypted ones.
  State add(std::string_view bytes);

  static constexpr std::size_t most_bytes = 64 * 1024;  // from the server, before TLS

 private:
  enum class Step { greeting, capabilities, starting };

  bool add_line();        // false: no whole line yet
  void line(std::string_view line);
  void smtp_line(std::string_view line);
  void imap_line(std::string_view line);
  void pop3_line(std::string_view line);
  void ldap_message();
  void postgres_byte();
  void ready();
  void refuse(std::string_view what, std::string_view code);
  void nonsense(std::string_view what);

  StartTls protocol_;
  std::string own_address_;
  State state_ = State::talking;
  Step step_ = Step::greeting;
  bool offered_ = false;
  std::string problem_;
  std::string input_;     // what is not read yet
  std::size_t received_ = 0;
  std::string output_;
};

// "[192.0.2.1]" and "[IPv6:2001:db8::1]" (RFC 5321 4.1.3).
std::string address_literal(std::string_view address);

// What ends a session once TLS is there, so that the server does not log a lost connection; may be empty.
std::string farewell(StartTls protocol);

}  // namespace maintain::letsencrypt
