/* HighwayHash with a result of 64 bits, for input of whole packets of 32 bytes, with AVX2: what a C compiler makes of it is the yardstick. */
#include <immintrin.h>
#include <stdint.h>

typedef struct { __m256i v0, v1, mul0, mul1; } state;

static inline __m256i rotate32(__m256i x) { return _mm256_shuffle_epi32(x, _MM_SHUFFLE(2, 3, 0, 1)); }

static inline __m256i zipper(__m256i x)
{
    const __m256i order = _mm256_set_epi64x(0x070806090D0A040B, 0x000F010E05020C03, 0x070806090D0A040B, 0x000F010E05020C03);
    return _mm256_shuffle_epi8(x, order);
}

static inline void update(state *s, __m256i packet)
{
    s->v1 = _mm256_add_epi64(s->v1, _mm256_add_epi64(packet, s->mul0));
    s->mul0 = _mm256_xor_si256(s->mul0, _mm256_mul_epu32(s->v1, _mm256_srli_epi64(s->v0, 32)));
    s->v0 = _mm256_add_epi64(s->v0, s->mul1);
    s->mul1 = _mm256_xor_si256(s->mul1, _mm256_mul_epu32(s->v0, _mm256_srli_epi64(s->v1, 32)));
    s->v0 = _mm256_add_epi64(s->v0, zipper(s->v1));
    s->v1 = _mm256_add_epi64(s->v1, zipper(s->v0));
}

static uint64_t hash(const uint8_t *key, const uint8_t *data, int64_t length)
{
    const __m256i first = _mm256_set_epi64x(0x243F6A8885A308D3, 0x13198A2E03707344, (int64_t)0xA4093822299F31D0, (int64_t)0xDBE6D5D5FE4CCE2F);
    const __m256i second = _mm256_set_epi64x(0x452821E638D01377, (int64_t)0xBE5466CF34E90C6C, (int64_t)0xC0ACF169B5F18A8C, 0x3BD39E10CB0EF593);
    const __m256i k = _mm256_loadu_si256((const __m256i *)key);
    state s = { _mm256_xor_si256(k, first), _mm256_xor_si256(rotate32(k), second), first, second };
    for (int64_t i = 0; i + 32 <= length; i += 32) update(&s, _mm256_loadu_si256((const __m256i *)(data + i)));
    for (int i = 0; i < 4; i++) update(&s, rotate32(_mm256_permute4x64_epi64(s.v0, _MM_SHUFFLE(1, 0, 3, 2))));
    const __m256i sum = _mm256_add_epi64(_mm256_add_epi64(s.v0, s.v1), _mm256_add_epi64(s.mul0, s.mul1));
    return (uint64_t)_mm256_extract_epi64(sum, 0);
}

/* Hashes the same input a number of times and adds up the results. */
uint64_t hash_many(const uint8_t *key, const uint8_t *data, int64_t length, int64_t times)
{
    uint64_t sum = 0;
    for (int64_t i = 0; i < times; i++)
    {
        sum += hash(key, data, length);
        __asm__ volatile("" : : "r"(data) : "memory");
    }

    return sum;
}
