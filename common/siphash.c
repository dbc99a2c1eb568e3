/* siphash: a keyed hash with 128 bits of output.
 * Two compression rounds a word and four at the end of each half, as the paper sets them. */
#include "common/siphash.h"

#include <stdlib.h>
#include <string.h>

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static inline void absorb(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

static inline uint64_t squeeze(struct state *s)
{
	for (int i = 0; i < 4; i++)
		sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* Up to eight bytes, the first one lowest, on any machine. */
static inline uint64_t little_endian(const uint8_t *bytes, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

struct siphash_key siphash_key_new(void)
{
	struct siphash_key key;

	arc4random_buf(&key, sizeof key);
	return key;
}

struct hash128 siphash128(const struct siphash_key *key, const void *bytes, size_t n)
{
	struct state s = {
		.v0 = key->k0 ^ 0x736f6d6570736575u,
		.v1 = key->k1 ^ 0x646f72616e646f6du ^ 0xee,
		.v2 = key->k0 ^ 0x6c7967656e657261u,
		.v3 = key->k1 ^ 0x7465646279746573u,
	};
	const uint8_t *p = bytes;
	size_t left = n;
	struct hash128 out;

	for (; left >= 8; left -= 8, p += 8)
		absorb(&s, little_endian(p, 8));
	absorb(&s, little_endian(p, left) | (uint64_t)n << 56);
	s.v2 ^= 0xee;
	out.a = squeeze(&s);
	s.v1 ^= 0xdd;
	out.b = squeeze(&s);
	return out;
}
