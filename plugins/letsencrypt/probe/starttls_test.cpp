#include <catch2/catch.hpp>

#include <vector>

#include "letsencrypt/probe/starttls.hpp"

using namespace maintain::letsencrypt;
using namespace std::string_literals;
using State = StartTlsDialogue::State;

namespace {

struct Turn {
  std::string server;
  std::string answer;
};

// How it ends when the server says its parts in pieces of this many bytes.
StartTlsDialogue played(StartTls protocol, const std::vector<Turn>& turns, std::size_t piece) {
  StartTlsDialogue dialogue(protocol, "[192.0.2.9]");
  for (const Turn& turn : turns) {
    for (std::size_t at = 0; at < turn.server.size(); at += piece) dialogue.add(turn.server.substr(at, piece));
    CHECK(dialogue.take_output() == turn.answer);
  }
  return dialogue;
}

StartTlsDialogue play(StartTls protocol, const std::vector<Turn>& turns) {
  const StartTlsDialogue pieces = played(protocol, turns, 1);
  const StartTlsDialogue whole = played(protocol, turns, 100000);
  CHECK(pieces.state() == whole.state());
  return whole;
}

const std::string ldap_request = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" "1.3.6.1.4.1.1466.20037"s;
const std::string postgres_request = "\x00\x00\x00\x08\x04\xd2\x16\x2f"s;

}  // namespace

TEST_CASE("starttls: without a protocol TLS begins at once") {
  const StartTlsDialogue dialogue(StartTls::none, "");
  CHECK(dialogue.state() == State::ready);
}

TEST_CASE("starttls: smtp") {
  const std::string ehlo = "EHLO [192.0.2.9]\r\n";
  CHECK(play(StartTls::smtp, {{"220-mail.example.org ESMTP\r\n220-no spam\r\n220 \r\n", ehlo},
                              {"250-mail.example.org\r\n250-SIZE 10240000\r\n250-StartTLS\r\n250 SMTPUTF8\r\n",
                               "STARTTLS\r\n"},
                              {"220 2.0.0 Ready to start TLS\r\n", ""}})
            .state() == State::ready);
  // The offer may be in the last line; lines may end without a carriage return.
  CHECK(play(StartTls::smtp, {{"220 x\n", ehlo}, {"250-x\n250 STARTTLS\n", "STARTTLS\r\n"}, {"220\n", ""}}).state() ==
        State::ready);
}

TEST_CASE("starttls: smtp that does not want to") {
  const std::string ehlo = "EHLO [192.0.2.9]\r\n";
  const auto full = play(StartTls::smtp, {{"554 5.7.1 go away\x1b[2J\r\n", ""}});
  CHECK(full.state() == State::refused);
  CHECK(full.problem() == "turns us away: 554");
  const auto silent = play(StartTls::smtp, {{"220 x\r\n", ehlo}, {"250-x\r\n250 NOSTARTTLS\r\n", ""}});
  CHECK(silent.state() == State::refused);
  CHECK(silent.problem() == "does not offer STARTTLS");
  const auto busy = play(StartTls::smtp, {{"220 x\r\n", ehlo},
                                          {"250-x\r\n250 STARTTLS\r\n", "STARTTLS\r\n"},
                                          {"454 4.7.0 TLS not available\r\n", ""}});
  CHECK(busy.state() == State::refused);
  CHECK(busy.problem() == "refuses STARTTLS: 454");
  CHECK(play(StartTls::smtp, {{"220 x\r\n", ehlo}, {"502 what?\r\n", ""}}).state() == State::refused);
  CHECK(play(StartTls::smtp, {{"SSH-2.0-OpenSSH_9.2p1\r\n", ""}}).state() == State::nonsense);
  CHECK(play(StartTls::smtp, {{"220_x\r\n", ""}}).state() == State::nonsense);
  CHECK(play(StartTls::smtp, {{"+OK\r\n", ""}}).problem() == "does not speak SMTP");
}

TEST_CASE("starttls: imap") {
  const std::string start = "a1 STARTTLS\r\n";
  CHECK(play(StartTls::imap, {{"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", start},
                              {"* CAPABILITY IMAP4rev2\r\na1 ok Begin TLS negotiation now\r\n", ""}})
            .state() == State::ready);
  CHECK(play(StartTls::imap, {{"* OK x\r\n", start}, {"a1 BAD Unknown command\r\n", ""}}).problem() ==
        "refuses STARTTLS");
  CHECK(play(StartTls::imap, {{"* OK x\r\n", start}, {"* BYE later\r\n", ""}}).state() == State::refused);
  CHECK(play(StartTls::imap, {{"* BYE full\r\n", ""}}).state() == State::refused);
  CHECK(play(StartTls::imap, {{"* PREAUTH welcome\r\n", ""}}).state() == State::refused);
  CHECK(play(StartTls::imap, {{"* OK x\r\n", start}, {"a2 OK\r\n", ""}}).state() == State::nonsense);
  CHECK(play(StartTls::imap, {{"a1 OK at once\r\n", ""}}).state() == State::nonsense);
  CHECK(play(StartTls::imap, {{"* LIST x\r\n", ""}}).state() == State::nonsense);
  CHECK(play(StartTls::imap, {{"\r\n", ""}}).state() == State::nonsense);
}

TEST_CASE("starttls: pop3") {
  const std::string start = "STLS\r\n";
  CHECK(play(StartTls::pop3, {{"+OK POP3 ready <1@x>\r\n", start}, {"+OK Begin TLS\r\n", ""}}).state() == State::ready);
  CHECK(play(StartTls::pop3, {{"+OK\r\n", start}, {"-ERR [SYS/PERM] no\r\n", ""}}).problem() ==
        "refuses STLS");
  CHECK(play(StartTls::pop3, {{"-ERR busy\r\n", ""}}).state() == State::refused);
  CHECK(play(StartTls::pop3, {{"220 x\r\n", ""}}).state() == State::nonsense);
}

TEST_CASE("starttls: ldap") {
  CHECK(play(StartTls::ldap, {{"", ldap_request}, {"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"s, ""}})
            .state() == State::ready);
  // Active Directory writes all lengths in four octets, and adds the name of the response.
  CHECK(play(StartTls::ldap, {{"", ldap_request},
                              {"\x30\x84\x00\x00\x00\x28\x02\x01\x01\x78\x84\x00\x00\x00\x1f"
                               "\x0a\x01\x00\x04\x00\x04\x00\x8a\x16" "1.3.6.1.4.1.1466.20037"s, ""}})
            .state() == State::ready);
  const auto refused = play(StartTls::ldap, {{"", ldap_request},
                                             {"\x30\x12\x02\x01\x01\x78\x0d\x0a\x01\x02\x04\x00\x04\x06no TLS"s, ""}});
  CHECK(refused.state() == State::refused);
  CHECK(refused.problem() == "refuses StartTLS: result 2");
  // A notice of disconnection has message 0.
  CHECK(play(StartTls::ldap, {{"", ldap_request}, {"\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00"s, ""}})
            .state() == State::refused);
}

TEST_CASE("starttls: what is no answer of LDAP") {
  for (const std::string& answer : {
           "220 mail.example.org ESMTP\r\n"s,
           "\x30\x80\x02\x01\x01"s,                      // indefinite length
           "\x30\x85\x01\x00\x00\x00\x00"s,              // five octets of length
           "\x30\x84\xff\xff\xff\xff"s,                  // four gigabytes
           "\x30\x84\x00\x01\x00\x01"s,                  // more than is allowed before TLS
           "\x1f\x81\x01"s,                              // a long tag
           "\x30\x00"s,                                  // nothing in it
           "\x30\x03\x02\x01\x01"s,                      // no response
           "\x30\x05\x02\x01\x01\x78\x00"s,              // an empty one
           "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"s,  // the answer to a bind
           "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\xff\x04\x00\x04\x00"s,  // a negative result
           "\x30\x0c\x02\x01\x01\x78\x07\x0a\x00\x04\x00\x04\x01x"s,     // an empty result
           "\x30\x0c\x02\x01\x01\x78\x09\x0a\x01\x00\x04\x00\x04\x00"s}) {  // longer than what it is in
    CAPTURE(answer);
    CHECK(play(StartTls::ldap, {{"", ldap_request}, {answer, ""}}).state() == State::nonsense);
  }
  CHECK(play(StartTls::ldap, {{"", ldap_request}, {"\x30\x0c\x02\x01"s, ""}}).state() == State::talking);
}

TEST_CASE("starttls: postgres") {
  CHECK(play(StartTls::postgres, {{"", postgres_request}, {"S", ""}}).state() == State::ready);
  CHECK(play(StartTls::postgres, {{"", postgres_request}, {"N", ""}}).state() == State::refused);
  CHECK(played(StartTls::postgres, {{"", postgres_request}, {"E\0\0\0\x20SFATAL"s, ""}}, 100).state() ==
        State::refused);
  CHECK(play(StartTls::postgres, {{"", postgres_request}, {"H", ""}}).state() == State::nonsense);
}

TEST_CASE("starttls: clear text after the word that begins TLS is no good sign") {
  const std::string start = "a1 STARTTLS\r\n";
  CHECK(played(StartTls::imap, {{"* OK x\r\n", start}, {"a1 OK\r\n* CAPABILITY x\r\n", ""}}, 100).state() ==
        State::nonsense);
  CHECK(played(StartTls::postgres, {{"", postgres_request}, {"SX", ""}}, 100).state() == State::nonsense);
}

TEST_CASE("starttls: a server that talks without end is bounded") {
  StartTlsDialogue banner(StartTls::smtp, "x");
  for (int i = 0; i < 100 && banner.state() == State::talking; ++i) banner.add("220-" + std::string(996, 'x') + "\r\n");
  CHECK(banner.state() == State::nonsense);
  CHECK(banner.problem() == "says too much before TLS");
  StartTlsDialogue endless(StartTls::imap, "x");
  for (int i = 0; i < 9; ++i) endless.add(std::string(1000, '*'));
  CHECK(endless.state() == State::nonsense);
  CHECK(endless.problem() == "sends a line without an end");
  StartTlsDialogue at_once(StartTls::pop3, "x");
  CHECK(at_once.add(std::string(10 << 20, '\n')) == State::nonsense);
}

TEST_CASE("starttls: how a client of SMTP names itself") {
  CHECK(address_literal("192.0.2.1") == "[192.0.2.1]");
  CHECK(address_literal("2001:db8::1") == "[IPv6:2001:db8::1]");
  CHECK(farewell(StartTls::ldap).size() == 7);
  CHECK(farewell(StartTls::none).empty());
}
