/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ip: an address of either family with the length of its prefix: "10.89.0.2/24", "fd00::2/64".
 */
#ifndef HOY_NETNS_IP_H
#define HOY_NETNS_IP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define IP_BYTES_MAX 16
#define IP_TEXT_MAX  64

struct ip {
	int family;	 /* AF_INET, AF_INET6 */
	unsigned prefix; /* bits */
	uint8_t bytes[IP_BYTES_MAX];
};

/* 4 or 16. */
unsigned ip_size(const struct ip *a);
/* "ADDRESS" or "ADDRESS/PREFIX", as inet_pton(3) has it. prefix_needed: without one it is wrong; else all
 * bits are. 0 or -EINVAL. */
int ip_parse(const char *text, bool prefix_needed, struct ip *ret);
/* Into buf, which is returned. prefix: with "/PREFIX". */
const char *ip_text(const struct ip *a, bool prefix, char buf[IP_TEXT_MAX]);
/* The subnet's own address: all bits behind the prefix are 0. */
struct ip ip_network(const struct ip *a);
/* The subnet's last. */
struct ip ip_last(const struct ip *a);
/* The address so many behind it, in the same subnet; false: there is none. */
bool ip_next(const struct ip *a, uint64_t n, struct ip *ret);
bool ip_contains(const struct ip *subnet, const struct ip *a);
bool ip_overlaps(const struct ip *a, const struct ip *b);
/* By family, then by bytes: -1, 0, 1. */
int ip_compare(const struct ip *a, const struct ip *b);

/* A MAC address that is made of an address, so that neighbours who remember who had it before aren't wrong:
 * "02:68:0a:5a:00:02". */
#define MAC_TEXT 18
void ip_mac(const struct ip *a, uint8_t ret[6]);
const char *mac_text(const uint8_t mac[6], char buf[MAC_TEXT]);

#endif
