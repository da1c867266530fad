#include "letsencrypt/probe/starttls.hpp"

#include <algorithm>

#include "common/sections.hpp"
#include "letsencrypt/probe/ber.hpp"

namespace maintain::letsencrypt {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t longest_line = 8192;  // RFC 5321 asks for 512, RFC 7162 of IMAP for 8192
constexpr std::string_view tag = "a1";

// LDAPMessage { messageID 1, extendedReq { requestName 1.3.6.1.4.1.1466.20037 } }
constexpr std::string_view ldap_request = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" "1.3.6.1.4.1.1466.20037"sv;
constexpr std::uint8_t ldap_sequence = 0x30;
constexpr std::uint8_t ldap_integer = 0x02;
constexpr std::uint8_t ldap_enumerated = 0x0a;
constexpr std::uint8_t ldap_octets = 0x04;
constexpr std::uint8_t ldap_extended_response = 0x78;  // [APPLICATION 24]

// Length 8, then the number that stands in the place of a protocol's version: 1234, 5679
constexpr std::string_view postgres_request = "\x00\x00\x00\x08\x04\xd2\x16\x2f"sv;

bool same(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool begins(std::string_view line, std::string_view words) { return same(line.substr(0, words.size()), words); }

}  // namespace

StartTlsDialogue::StartTlsDialogue(StartTls protocol, std::string_view own_address)
    : protocol_(protocol), own_address_(own_address) {
  if (protocol == StartTls::none) ready();
  if (protocol == StartTls::ldap) output_ = ldap_request;
  if (protocol == StartTls::postgres) output_ = postgres_request;
}

std::string StartTlsDialogue::take_output() { return std::exchange(output_, {}); }

StartTlsDialogue::State StartTlsDialogue::add(std::string_view bytes) {
  if (state_ != State::talking || bytes.empty()) return state_;
  received_ += bytes.size();
  if (received_ > most_bytes) {
    nonsense("says too much before TLS");
    return state_;
  }
  input_ += bytes;
  if (protocol_ == StartTls::ldap) ldap_message();
  else if (protocol_ == StartTls::postgres) postgres_byte();
  else
    while (state_ == State::talking && add_line()) {
    }
  if (state_ == State::ready && !input_.empty()) nonsense("says more in clear text after the word that begins TLS");
  return state_;
}

bool StartTlsDialogue::add_line() {
  const std::size_t end = input_.find('\n');
  if (end == std::string::npos) {
    if (input_.size() > longest_line) nonsense("sends a line without an end");
    return false;
  }
  if (end > longest_line) {
    nonsense("sends a line that is too long");
    return false;
  }
  std::string text = input_.substr(0, end);
  input_.erase(0, end + 1);
  if (text.ends_with('\r')) text.pop_back();
  line(text);
  return true;
}

void StartTlsDialogue::line(std::string_view line) {
  if (protocol_ == StartTls::smtp) smtp_line(line);
  else if (protocol_ == StartTls::imap) imap_line(line);
  else pop3_line(line);
}

// "250-SIZE 10240000", and with a blank for the hyphen (or nothing at all) the last line of a reply.
void StartTlsDialogue::smtp_line(std::string_view line) {
  const auto code = line.size() >= 3 ? plugins::parse_number(line.substr(0, 3)) : std::nullopt;
  if (!code || *code < 200 || *code > 599 || (line.size() > 3 && line[3] != ' ' && line[3] != '-'))
    return nonsense("does not speak SMTP");
  const bool last = line.size() == 3 || line[3] == ' ';
  const long long kind = *code / 100;
  if (step_ == Step::capabilities && kind == 2 && line.size() > 4) {
    const auto words = plugins::split_words(line.substr(4));
    if (!words.empty() && same(words[0], "STARTTLS")) offered_ = true;
  }
  if (!last) return;
  switch (step_) {
    case Step::greeting:
      if (kind != 2) return refuse("turns us away", line.substr(0, 3));
      step_ = Step::capabilities;
      output_ += "EHLO " + own_address_ + "\r\n";
      return;
    case Step::capabilities:
      if (kind != 2) return refuse("refuses EHLO", line.substr(0, 3));
      if (!offered_) return refuse("does not offer STARTTLS", {});
      step_ = Step::starting;
      output_ += "STARTTLS\r\n";
      return;
    case Step::starting:
      if (*code == 220) return ready();
      return refuse("refuses STARTTLS", line.substr(0, 3));
  }
}

// The capabilities are not asked for: whether a server that does not list STARTTLS does it anyway, it says itself.
void StartTlsDialogue::imap_line(std::string_view line) {
  const auto words = plugins::split_words(line);
  if (words.size() < 2) return nonsense("does not speak IMAP");
  if (words[0] == "*") {
    if (same(words[1], "BYE")) return refuse("turns us away", {});
    if (step_ != Step::greeting) return;
    // PREAUTH: logged in already, and STARTTLS is only for who is not.
    if (same(words[1], "PREAUTH")) return refuse("takes us for logged in, which forbids STARTTLS", {});
    if (!same(words[1], "OK")) return nonsense("does not speak IMAP");
    step_ = Step::starting;
    output_ += std::string(tag) + " STARTTLS\r\n";
    return;
  }
  if (step_ == Step::greeting || words[0] != tag) return nonsense("does not speak IMAP");
  if (same(words[1], "OK")) return ready();
  refuse("refuses STARTTLS", {});
}

void StartTlsDialogue::pop3_line(std::string_view line) {
  const bool fine = begins(line, "+OK");
  if (!fine && !begins(line, "-ERR")) return nonsense("does not speak POP3");
  if (step_ == Step::starting) return fine ? ready() : refuse("refuses STLS", {});
  if (!fine) return refuse("turns us away", {});
  step_ = Step::starting;
  output_ += "STLS\r\n";
}

// LDAPMessage { messageID, extendedResp { resultCode, matchedDN, diagnosticMessage, ... } }
void StartTlsDialogue::ldap_message() {
  bool complete = false;
  const auto head = ber_head(input_, complete);
  if (!complete) return;
  if (!head || static_cast<std::uint8_t>(input_[0]) != ldap_sequence || head->length > most_bytes)
    return nonsense("does not speak LDAP");
  if (input_.size() < head->header + head->length) return;
  const std::string whole = input_.substr(0, head->header + head->length);
  input_.erase(0, whole.size());
  std::string_view rest = whole;
  std::string_view message = take_ber(rest)->content;
  const auto id = take_ber(message);
  const auto response = take_ber(message);
  if (!id || id->tag != ldap_integer || !response || response->tag != ldap_extended_response)
    return nonsense("answers something else than LDAP's StartTLS asks for");
  std::string_view fields = response->content;
  const auto result = take_ber(fields);
  const auto matched = take_ber(fields);
  const auto text = take_ber(fields);
  const auto code = result && result->tag == ldap_enumerated ? ber_number(result->content) : std::nullopt;
  if (!code || !matched || matched->tag != ldap_octets || !text || text->tag != ldap_octets)
    return nonsense("answers something else than LDAP's StartTLS asks for");
  // Message 0 is the notice of disconnection (RFC 4511 4.4.1).
  if (ber_number(id->content) == 1 && *code == 0) return ready();
  refuse("refuses StartTLS", "result " + std::to_string(*code));
}

void StartTlsDialogue::postgres_byte() {
  const char answer = input_.front();
  input_.erase(0, 1);
  if (answer == 'S') return ready();
  if (answer == 'N') return refuse("has TLS switched off (ssl = off)", {});
  if (answer == 'E') return refuse("answers with an error", {});
  nonsense("does not speak PostgreSQL's protocol");
}

void StartTlsDialogue::ready() { state_ = State::ready; }

void StartTlsDialogue::refuse(std::string_view what, std::string_view code) {
  state_ = State::refused;
  problem_ = std::string(what) + (code.empty() ? "" : ": " + std::string(code));
}

void StartTlsDialogue::nonsense(std::string_view what) {
  state_ = State::nonsense;
  problem_ = what;
}

std::string address_literal(std::string_view address) {
  const bool six = address.find(':') != std::string_view::npos;
  return std::string(six ? "[IPv6:" : "[") + std::string(address) + "]";
}

std::string farewell(StartTls protocol) {
  switch (protocol) {
    case StartTls::smtp:
    case StartTls::pop3: return "QUIT\r\n";
    case StartTls::imap: return "a2 LOGOUT\r\n";
    case StartTls::ldap: return std::string("\x30\x05\x02\x01\x02\x42\x00"sv);  // UnbindRequest
    case StartTls::postgres:
    case StartTls::none: break;
  }
  return {};
}

}  // namespace maintain::letsencrypt
