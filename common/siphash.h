/* SipHash-2-4 with 128 bits of output: a keyed hash for tables whose keys come from attackers, and with 128 bits strong
 * enough to stand for the key itself. Pure; safe from any thread.   See: Aumasson and Bernstein, "SipHash", 2012. */
#ifndef COMMON_SIPHASH_H
#define COMMON_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k0, k1;
};

struct hash128 {
	uint64_t a, b;
};

/* A fresh key from the kernel's random numbers. */
struct siphash_key siphash_key_new(void);
struct hash128 siphash128(const struct siphash_key *key, const void *bytes, size_t n);

#endif
