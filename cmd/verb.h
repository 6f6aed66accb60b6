/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verb: the table of what hoy can be told to do. An entry stands beside its function; verb.c lists
 * them. The parser, `--help`, the manual page and the shell's completion are made from them.
 */
#ifndef HOY_CMD_VERB_H
#define HOY_CMD_VERB_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "cmd/options.h"
#include "runtime/container.h"

#ifdef PACKAGE_VERSION
#define HOY_VERSION PACKAGE_VERSION
#else
#define HOY_VERSION "0.1.0"
#endif

struct verb;

/* What a verb's function gets. */
struct call {
	const struct verb *verb;
	const struct runtime *rt;
	const void *opt;	 /* the struct that the verb's tables fill */
	const char *const *args; /* positional arguments, NULL-terminated */
	size_t args_n;
	bool as_runc; /* hoy was called by the name runc, and behaves like it where names differ */
	/* The first option that was given of each of the verb's tables, or NULL. */
	const struct option_spec *seen[OPTION_TABLES_MAX];
	int *failure; /* exit status if run fails, where it depends on how */
};

struct verb {
	const char *name; /* of one of a group both words: "volume create" */
	const char *synopsis;	 /* behind "hoy NAME": "[OPTION...] ID [SIGNAL]" */
	const char *help;	 /* one line, for the list of verbs */
	const char *const *text; /* paragraphs, NULL-ended */
	const struct option_spec *const *tables; /* NULL-ended, as options_parse wants them */
	const struct verb *const *group; /* NULL-ended: the verbs whose first word this is; it does nothing
					    itself */
	size_t options_size;			 /* of the struct behind call->opt */
	size_t min, max;			 /* number of positional arguments */
	const char *needs;			 /* the first min of them in words: "a container ID" */
	bool in_order;				 /* the first of them ends the options */
	bool (*ends)(const void *opt);		 /* the same, asked when it comes; may be NULL */
	size_t names; /* so many of the first are containers: a name or the beginning of an ID will do */
	bool internal;	/* hoy's own: no help names it */
	bool stateless; /* works without a state directory: it need not be known where it is */
	int failure;	/* exit status when run fails, if not 1 */
	/* What the tables can't say about the arguments; may be NULL. 0 or -EINVAL with err, to
	 * which the verb's name is added. Nothing has been done by then, and the exit status is 1. */
	int (*check)(const struct call *c, struct error *err);
	/* Without root: whether it is to run in the user's own namespace; *id: the container that it is
	 * about, where that is one (cmd/rootless.h). NULL: it never is. */
	bool (*rootless)(const struct call *c, const char **id);
	/* Returns the exit status, 0 to 255, or a negative errno with err filled. */
	int (*run)(const struct call *c, struct error *err);
};

#define VERB_ARGS_ANY SIZE_MAX

extern const struct verb verb_create, verb_start, verb_kill, verb_delete; /* life.c */
extern const struct verb verb_run;					  /* run.c */
extern const struct verb verb_monitor;					  /* monitor.c */
extern const struct verb verb_exec;					  /* exec.c */
extern const struct verb verb_state, verb_list;				  /* show.c */
extern const struct verb verb_ps, verb_pause, verb_resume;		  /* ps.c */
extern const struct verb verb_events;					  /* events.c */
extern const struct verb verb_reclaim;					  /* reclaim.c */
extern const struct verb verb_stats;					  /* stats.c */
extern const struct verb verb_top;					  /* top.c */
extern const struct verb verb_update;					  /* update.c */
extern const struct verb verb_images, verb_tag;				  /* images.c */
extern const struct verb verb_rmi, verb_prune;				  /* rmi.c */
extern const struct verb verb_load, verb_pull;				  /* tool.c */
extern const struct verb verb_stop, verb_restart, verb_wait, verb_rm, verb_rename; /* stop.c */
extern const struct verb verb_inspect;				  /* inspect.c */
extern const struct verb verb_attach;				  /* attach.c */
extern const struct verb verb_logs;					  /* logs.c */
extern const struct verb verb_port;					  /* port.c */
extern const struct verb verb_volume;					  /* volume.c */
extern const struct verb verb_network;				  /* network.c */
extern const struct verb verb_import;					  /* import.c */
extern const struct verb verb_unpack;					  /* unpack.c */
extern const struct verb verb_diff, verb_commit;			  /* commit.c */
extern const struct verb verb_cp;					  /* cp.c */
extern const struct verb verb_push;					  /* push.c */
extern const struct verb verb_save;					  /* save.c */
extern const struct verb verb_fsck;					  /* fsck.c */
extern const struct verb verb_plan;					  /* plan.c */
extern const struct verb verb_spec;					  /* spec.c */
extern const struct verb verb_features;					  /* features.c */
extern const struct verb verb_version;					  /* main.c */

/* Options that verbs share. Each fills a struct create_options, which is the first member of the
 * verb's own struct. */
extern const struct option_spec bundle_options[]; /* life.c: --bundle, --config */
extern const struct option_spec create_table[];	  /* life.c: how `create` and `run` create */
/* What `import` and `commit` are told of the image that they make; the first member of their structs. */
struct change_options {
	struct option_list list; /* instructions */
	const char *message;
};
extern const struct option_spec change_table[]; /* import.c */
/* main.c: what stands before the verb. */
extern const struct option_spec *const global_tables[];

/* All verbs in the order of the help, NULL-ended; `help` is the last that it shows. */
extern const struct verb *const verbs[];

/* By the n words of a command line, n > 0. *taken: how many of them are its name. NULL, with words: there is
 * none of that name. With words but no second one for a group it is the group. */
const struct verb *verb_find(const char *const *words, size_t n, size_t *taken, struct error *err);
/* Calls use() for each verb that is no group and not internal, in the order of the help. */
void verbs_each(void (*use)(const struct verb *v, struct text *out), struct text *out);
/* Whether it works on images: under the name runc hoy has none of these. */
bool verb_of_images(const struct verb *v);
/* Checks the number of positional arguments. 0 or -EINVAL with err. */
int verb_check_args(const struct verb *v, const char *const *args, size_t n, struct error *err);
/* Print the help of one verb and of hoy. 0 or negative errno. */
int verb_help(const struct verb *v, struct error *err);
int verb_help_all(struct error *err);

#endif
