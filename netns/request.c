/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/request.h"

#include "spec/table.h"

static const struct field request_fields[] = {
	FIELD_STRING(struct net_request, verb, "verb", .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_STRING(struct net_request, data, "data", .flags = FIELD_REQUIRED | FIELD_ABSOLUTE),
	FIELD_STRING(struct net_request, root, "root"),
	FIELD_STRING(struct net_request, id, "id"),
	FIELD_STRING(struct net_request, name, "name"),
	FIELD_STRING(struct net_request, hostname, "hostname"),
	FIELD_STRING(struct net_request, hosts, "hosts", .flags = FIELD_ABSOLUTE),
	FIELD_OBJECT(struct net_request, wants, "wants", net_wants_table),
	FIELD_OBJECT_PTR(struct net_request, network, "network", network_table),
	FIELD_STRINGS(struct net_request, networks, "networks"),
	FIELD_BOOL(struct net_request, ipv6, "ipv6"),
	FIELD_BOOL(struct net_request, exist_ok, "existOk"),
	FIELD_BOOL(struct net_request, force, "force"),
};
static const struct table request_table = TABLE(request_fields);

static const struct field joined_fields[] = {
	FIELD_STRING(struct net_joined, network, "network", .flags = FIELD_REQUIRED),
	FIELD_STRING(struct net_joined, interface, "interface", .flags = FIELD_REQUIRED),
	FIELD_STRING(struct net_joined, host_interface, "hostInterface"),
	FIELD_STRING(struct net_joined, mac, "mac"),
	FIELD_STRINGS(struct net_joined, addresses, "addresses"),
	FIELD_STRINGS(struct net_joined, gateways, "gateways"),
	FIELD_U32(struct net_joined, mtu, "mtu"),
};
static const struct table joined_table = TABLE(joined_fields);

static const struct field result_fields[] = {
	FIELD_LIST(struct net_result, joined, "joined", joined_table),
};
const struct table net_result_table = TABLE(result_fields);

void net_request_write(const struct net_request *r, struct text *out)
{
	table_write(&request_table, r, false, out);
}

int net_request_read(const struct text *from, struct arena *a, struct net_request *ret,
		     struct error *err)
{
	struct net_request request = {0};
	const struct json *root;
	int r = json_parse(from->s ? from->s : "", from->len, a, &root, err);

	if (r == 0)
		r = table_read(&request_table, root, &request, a, err);
	if (r == 0)
		*ret = request;
	else
		error_doc(err, "request");
	return r;
}
