/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network: what a network is, as its file says: DATA/networks/NAME.json, written by `hoy network create`, or
 * by a person (docs/networks.md).
 *
 *	{"name": "sea", "driver": "bridge", "interface": "hoy-1f0c2b7a", "mtu": 1500,
 *	 "subnets": [{"subnet": "10.90.1.0/24", "gateway": "10.90.1.1", "range": "10.90.1.128/25"}],
 *	 "internal": false, "isolated": false, "labels": {}, "created": "2026-01-01T00:00:00Z"}
 *
 * The file appears whole, by rename. What is derived from the name (the interface) and what is chosen when it
 * is made (a subnet that nobody uses) stands in it, so that nothing of it changes later.
 */
#ifndef HOY_NETNS_NETWORK_H
#define HOY_NETNS_NETWORK_H

#include <net/if.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "netns/ip.h"
#include "spec/config.h"
#include "spec/table.h"

#define NETWORKS_DIR	    "networks"
#define NETWORK_DEFAULT	    "hoy" /* comes into being when it is first needed */
#define NETWORK_SUBNETS_MAX 2	  /* one of each family */
#define NETWORK_NAME_MAX    200

struct network_subnet {
	const char *subnet, *gateway, *range;
	struct ip net, router, first, last; /* read from them */
};

/* Who is in it; not in its file, but in what `hoy network inspect` shows. */
struct network_member {
	const char *id, *name, *interface, *host_interface, *mac;
	struct strings addresses, aliases;
};

struct net {
	const char *name, *driver, *interface, *created;
	uint32_t mtu; /* 0: the kernel's */
	struct {
		size_t n;
		struct network_subnet *v;
	} subnets;
	bool internal; /* no way out: no default route, no masquerade */
	bool isolated; /* its containers don't reach each other */
	struct string_map labels;
	struct {
		size_t n;
		struct network_member *v;
	} containers;
};

extern const struct table network_table;

/* A name: letters, digits, "_", "." and "-", the first a letter or digit. 0 or -EINVAL with err. */
int network_name_check(const char *name, struct error *err);
/* Interface of a network: a function of its name. */
void network_interface(const char *name, char buf[IF_NAMESIZE]);

/* Reads and checks one. doc: the file's name, for errors. 0 or -errno with err. */
int network_parse(const char *text, size_t len, const char *doc, struct arena *a, struct net *ret,
		  struct error *err);
void network_write(const struct net *n, struct text *out);
/* Fills in what follows from the subnets' texts: gateway and range where none are given. 0 or -EINVAL with
 * err, whose field is subnets[I]…. */
int network_complete(struct net *n, struct arena *a, struct error *err);

/* DATA/networks/NAME.json. 0; -ENOENT without words; or -errno with err. */
int network_load(const char *data, const char *name, struct arena *a, struct net *ret,
		 struct error *err);
/* -EEXIST without words: there is one. 0 or -errno with err. */
int network_store(const char *data, const struct net *n, struct error *err);
int network_remove(const char *data, const char *name, struct error *err);
/* The names of all, in their order. */
int network_list(const char *data, struct arena *a, struct strings *ret, struct error *err);

#endif
