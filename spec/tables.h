/* SPDX-License-Identifier: Apache-2.0 */
/* tables: the tables of config.json, for those in this folder that read, write or walk it. */
#ifndef HOY_SPEC_TABLES_H
#define HOY_SPEC_TABLES_H

#include "spec/table.h"

extern const struct table config_table;	    /* struct config */
extern const struct table process_table;    /* struct process */
extern const struct table hooks_table;	    /* struct hooks */
extern const struct table id_mapping_table; /* struct id_mapping */
extern const struct table linux_table;	    /* struct linux_config */
extern const struct table resources_table;  /* struct resources */
extern const struct table seccomp_arg_table; /* struct seccomp_arg */

/* The words of linux.seccomp, NULL-ended. */
extern const char *const seccomp_actions[], *const seccomp_operators[], *const seccomp_archs[],
	*const seccomp_flag_names[];

#endif
