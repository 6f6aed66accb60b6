/* SPDX-License-Identifier: Apache-2.0 */
/*
 * namespaces: which are new and which are joined, the clone that makes the one and is born in the
 * other, the id maps, and what the walker sets up in them first.
 */
#include "runtime/compile.h"

#include "base/sys.h"
#include "spec/names.h"

void compile_namespaces_parse(struct compile *c)
{
	size_t i;

	c->ns_slots = arena_alloc(c->env->arena, (c->lc->namespaces.n + 1) * sizeof(unsigned));
	for (i = 0; i < c->lc->namespaces.n; i++) {
		const struct namespace *ns = &c->lc->namespaces.v[i];

		if (ns->path) {
			c->joined |= namespace_flag(ns->type);
			c->ns_slots[i] = plan_slot_new(c->b);
		} else {
			c->namespaces |= namespace_flag(ns->type);
		}
	}
	c->time_ns = c->namespaces & CLONE_NEWTIME;
	c->namespaces &= ~(uint64_t)CLONE_NEWTIME;
	c->user_ns = (c->namespaces | c->joined) & CLONE_NEWUSER;
	c->mount_ns = c->namespaces & CLONE_NEWNS;
	c->inside = c->user_ns && c->mount_ns;
}

/* What would change the runtime's own namespace, should the path turn out to name that. */
static const char *ns_needed_by(const struct compile *c, const char *type)
{
	size_t i;

	if (streq(type, "uts") && (c->config->hostname || c->config->domainname))
		return c->config->hostname ? "hostname" : "domainname";
	for (i = 0; i < c->lc->sysctl.n; i++) {
		const char *path = sysctl_path(c->lc->sysctl.v[i].key, c->env->arena);

		/* The rules let none pass that belongs to no namespace. */
		if (streq(sysctl_namespace(path), type))
			return "linux.sysctl";
	}
	return NULL;
}

void compile_open_namespaces(struct compile *c)
{
	struct plan_op *op;
	size_t i;

	for (i = 0; i < c->lc->namespaces.n; i++) {
		const struct namespace *ns = &c->lc->namespaces.v[i];

		if (!ns->path)
			continue;
		op = plan_add(c->b, OP_OPEN_NS, ACTOR_PARENT,
			      arena_printf(c->env->arena, "linux.namespaces[%zu].path", i));
		op->arg[0] = c->ns_slots[i];
		op->arg[1] = plan_put_string(c->b, ns->path);
		op->arg[2] = plan_put_string(c->b, ns->type);
		op->arg[3] = namespace_flag(ns->type);
		op->arg[4] = plan_put_string(c->b, ns_needed_by(c, ns->type));
	}
}

static void offset_text(struct text *t, const char *clock, const struct time_offset *o)
{
	if (o)
		text_addf(t, "%s %lld %u\n", clock, o->secs ? (long long)*o->secs : 0,
			  o->nanosecs ? *o->nanosecs : 0);
}

/* Made apart: clone3 with CLONE_NEWTIME would freeze the offsets before they can be written. */
void compile_time(struct compile *c)
{
	const struct time_offsets *t = c->lc->time_offsets;
	struct text text = TEXT_INIT;
	struct plan_op *op;

	if (!c->time_ns)
		return;
	if (t) {
		offset_text(&text, "monotonic", t->monotonic);
		offset_text(&text, "boottime", t->boottime);
	}
	op = plan_add(c->b, OP_TIME, ACTOR_PARENT, t ? "linux.timeOffsets" : "linux.namespaces");
	op->arg[0] = plan_put_string(c->b, text.s ? text.s : "");
	text_free(&text);
}

/* The parent joins net, ipc, uts and pid for the child, which is born in them; mount, cgroup and
 * time are for the walker. */
void compile_join(struct compile *c)
{
	const uint64_t walkers = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWTIME;
	struct plan_op *op;
	size_t i;

	for (i = 0; i < c->lc->namespaces.n; i++) {
		uint64_t flag = namespace_flag(c->lc->namespaces.v[i].type);

		if (!c->ns_slots[i] || !(flag & walkers))
			continue;
		op = plan_add(c->b, OP_JOIN, ACTOR_WALKER,
			      arena_printf(c->env->arena, "linux.namespaces[%zu]", i));
		op->arg[0] = c->ns_slots[i];
		op->arg[1] = flag;
	}
	if (!(c->joined & CLONE_NEWNS))
		return;
	op = plan_add(c->b, OP_ROOT_ATTACH, ACTOR_WALKER, "root.path");
	op->arg[0] = SLOT_NONE;
	op->arg[1] = plan_put_string(c->b, c->env->rootfs);
}

static void map_add(struct compile *c, const char *file, const char *field,
		    const struct id_mappings *m)
{
	struct text t = TEXT_INIT;
	struct plan_op *op;
	size_t i;

	for (i = 0; i < m->n; i++)
		text_addf(&t, "%u %u %u\n", m->v[i].container_id, m->v[i].host_id, m->v[i].size);
	op = plan_add(c->b, OP_WRITE_MAP, ACTOR_PARENT, field);
	op->arg[0] = plan_put_string(c->b, file);
	op->arg[1] = plan_put_string(c->b, t.s ? t.s : "");
	text_free(&t);
}

/* In a user namespace only the parent has the capability to lower the score. */
static void oom_score_add(struct compile *c, enum plan_actor actor)
{
	const struct process *p = c->config->process;
	struct plan_op *op;

	if (!p || !p->oom_score_adj)
		return;
	op = plan_add(c->b, OP_OOM_SCORE, actor, "process.oomScoreAdj");
	op->arg[0] = (uint64_t)*p->oom_score_adj;
}

void compile_clone(struct compile *c)
{
	struct plan_op *op = plan_add(c->b, OP_CLONE, ACTOR_PARENT,
				      c->lc->namespaces.n ? "linux.namespaces" : NULL);

	op->arg[0] = c->namespaces | (c->time_ns ? CLONE_NEWTIME : 0);
	op->arg[1] = c->joined;
	if (c->inside)
		compile_open_trees(c);
	if (c->namespaces & CLONE_NEWUSER) {
		map_add(c, "uid_map", "linux.uidMappings", &c->lc->uid_mappings);
		map_add(c, "gid_map", "linux.gidMappings", &c->lc->gid_mappings);
	}
	oom_score_add(c, c->user_ns ? ACTOR_PARENT : ACTOR_WALKER);
	if (c->inside || (c->namespaces & CLONE_NEWUSER))
		compile_barrier(c, BARRIER_MAPS);
}

void compile_namespace_state(struct compile *c)
{
	plan_add(c->b, OP_SETSID, ACTOR_WALKER, NULL);
	if (!c->env->no_new_keyring)
		compile_string_op(c, OP_KEYRING, NULL,
				  arena_join(c->env->arena, "_ses.", c->env->id, NULL));
	if (c->namespaces & CLONE_NEWNET)
		plan_add(c->b, OP_LOOPBACK, ACTOR_WALKER, "linux.namespaces");
	if (c->config->hostname)
		compile_string_op(c, OP_HOSTNAME, "hostname", c->config->hostname);
	if (c->config->domainname)
		compile_string_op(c, OP_DOMAINNAME, "domainname", c->config->domainname);
}
