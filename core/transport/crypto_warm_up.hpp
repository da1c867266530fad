// OpenSSL 3 looks an algorithm up in its providers when it is first used, which costs more than using it, and keeps
// what it found. Done once in the launcher, every worker that is forked from it inherits the result.
#pragma once

namespace maintain {

// Uses each algorithm of an ssh connection once, by the calls that libssh2 makes. Errors do not matter here: a
// connection that needs an algorithm that is not there says so itself.
void warm_up_cryptography();

}  // namespace maintain
