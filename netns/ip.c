/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

unsigned ip_size(const struct ip *a)
{
	return a->family == AF_INET ? 4 : 16;
}

int ip_parse(const char *text, bool prefix_needed, struct ip *ret)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char address[INET6_ADDRSTRLEN];
	struct ip a = {.family = AF_INET};
	unsigned long long prefix;

	if (len >= sizeof(address) || (!slash && prefix_needed))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = 0;
	a.family = strchr(address, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(a.family, address, a.bytes) != 1)
		return -EINVAL;
	prefix = 8 * ip_size(&a);
	if (slash && parse_u64(slash + 1, 0, 8 * ip_size(&a), &prefix) < 0)
		return -EINVAL;
	a.prefix = (unsigned)prefix;
	*ret = a;
	return 0;
}

const char *ip_text(const struct ip *a, bool prefix, char buf[IP_TEXT_MAX])
{
	inet_ntop(a->family, a->bytes, buf, IP_TEXT_MAX);
	if (prefix)
		snprintf(buf + strlen(buf), IP_TEXT_MAX - strlen(buf), "/%u", a->prefix);
	return buf;
}

/* Sets or clears all bits behind the prefix. */
static struct ip filled(const struct ip *a, uint8_t with)
{
	struct ip r = *a;
	unsigned i, n = ip_size(a);

	for (i = 0; i < n; i++) {
		unsigned kept = a->prefix > 8 * i ? a->prefix - 8 * i : 0;
		uint8_t mask = kept >= 8 ? 0 : (uint8_t)(0xff >> kept);

		r.bytes[i] = (uint8_t)((a->bytes[i] & ~mask) | (with & mask));
	}
	return r;
}

struct ip ip_network(const struct ip *a)
{
	return filled(a, 0);
}

struct ip ip_last(const struct ip *a)
{
	return filled(a, 0xff);
}

bool ip_next(const struct ip *a, uint64_t n, struct ip *ret)
{
	struct ip r = *a;
	unsigned i;

	for (i = ip_size(a); i-- > 0;) {
		n += r.bytes[i];
		r.bytes[i] = (uint8_t)n;
		n >>= 8;
	}
	if (n || !ip_contains(a, &r))
		return false;
	*ret = r;
	return true;
}

bool ip_contains(const struct ip *subnet, const struct ip *a)
{
	struct ip b = *a;

	if (a->family != subnet->family)
		return false;
	b.prefix = subnet->prefix;
	b = ip_network(&b);
	return memcmp(b.bytes, ip_network(subnet).bytes, ip_size(a)) == 0;
}

bool ip_overlaps(const struct ip *a, const struct ip *b)
{
	return a->prefix < b->prefix ? ip_contains(a, b) : ip_contains(b, a);
}

int ip_compare(const struct ip *a, const struct ip *b)
{
	int r;

	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	r = memcmp(a->bytes, b->bytes, ip_size(a));
	return (r > 0) - (r < 0);
}

void ip_mac(const struct ip *a, uint8_t ret[6])
{
	ret[0] = 0x02; /* local, of one station */
	ret[1] = 0x68;
	memcpy(ret + 2, a->bytes + ip_size(a) - 4, 4);
}

const char *mac_text(const uint8_t mac[6], char buf[MAC_TEXT])
{
	snprintf(buf, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
	return buf;
}
