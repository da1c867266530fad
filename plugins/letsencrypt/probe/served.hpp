// What came of looking at one endpoint.
#pragma once

#include <string>
#include <vector>

#include "letsencrypt/certificate/certificate.hpp"
#include "letsencrypt/probe/endpoint.hpp"

namespace maintain::letsencrypt {

struct Served {
  enum class Kind {
    answered,      // there is a chain
    refused,       // nothing listens there
    timed_out,     // nothing came, or not all of it, within the time
    no_route,      // where we look from has no way to such an address, or it is that machine's own: says nothing of
                   // the server
    not_looked,    // trouble of ours, or of the name servers: says nothing of the endpoint either
    name_unknown,  // the name has no address
    no_starttls,   // it speaks the protocol and does not do TLS
    no_tls,        // what it says is no TLS, or not the protocol
    failed,        // anything else
  };

  Endpoint endpoint;          // with the address filled in, unless there is none
  Kind kind = Kind::failed;
  std::string problem = {};   // when nothing was answered: one printable line, to be read after the endpoint; no words
                              // of the other side's
  std::vector<Certificate> chain = {};  // as it was presented, leaf first
};

}  // namespace maintain::letsencrypt
