/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/allow.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/text.h"

#define TEXT_MAX 128

static const struct {
	const char *suffix;
	uint8_t proto;
} protocols[] = {{"/tcp", IPPROTO_TCP}, {"/udp", IPPROTO_UDP}, {"/sctp", IPPROTO_SCTP}};

/* Takes "/tcp" off the end, if it is there. */
static void protocol_take(char *text, uint8_t *proto)
{
	size_t n = strlen(text), i;

	for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		size_t len = strlen(protocols[i].suffix);

		if (n <= len || !streq(text + n - len, protocols[i].suffix))
			continue;
		text[n - len] = 0;
		*proto = protocols[i].proto;
		return;
	}
}

/* Cuts ":PORTS" off an address; what stands there. NULL: nothing. An address of IPv6 has brackets then. */
static char *ports_take(char **text)
{
	char *end, *colon = strchr(*text, ':');

	if (**text == '[') {
		end = strchr(*text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return NULL;
		*end = 0;
		++*text;
		return end[1] ? end + 2 : NULL;
	}
	if (!colon || strchr(colon + 1, ':'))
		return NULL;
	*colon = 0;
	return colon + 1;
}

static int ports_parse(char *text, struct net_allow *ret)
{
	unsigned long long first, last;
	char *dash = strchr(text, '-');

	if (dash)
		*dash++ = 0;
	if (parse_u64(text, 1, 65535, &first) < 0)
		return -EINVAL;
	last = first;
	if (dash && parse_u64(dash, first, 65535, &last) < 0)
		return -EINVAL;
	ret->first = (uint16_t)first;
	ret->last = (uint16_t)last;
	return 0;
}

int allow_parse(const char *text, struct net_allow *ret)
{
	char copy[TEXT_MAX], *p = copy, *ports;
	struct net_allow a = {.proto = 0};
	struct ip net;

	if (streq(text, ALLOW_NONE))
		return 0;
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, strlen(text) + 1);
	protocol_take(copy, &a.proto);
	ports = ports_take(&p);
	if (ip_parse(p, false, &a.to) < 0 || (ports && ports_parse(ports, &a) < 0))
		return -EINVAL;
	net = ip_network(&a.to);
	if (memcmp(net.bytes, a.to.bytes, sizeof(net.bytes)) != 0)
		return -EINVAL;
	*ret = a;
	return 1;
}
