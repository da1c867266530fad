// MAINTAIN_ADDRESS_SANITIZER: this is built under AddressSanitizer, whose shadow memory counts as data of the process.
#pragma once

#if defined(__SANITIZE_ADDRESS__)  // g++
#define MAINTAIN_ADDRESS_SANITIZER
#elif defined(__has_feature)  // clang++
#if __has_feature(address_sanitizer)
#define MAINTAIN_ADDRESS_SANITIZER
#endif
#endif
