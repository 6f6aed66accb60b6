/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/manual.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/verb.h"

/* Appends s for roff: a backslash and a leading dot or quote would be commands, and a hyphen stands
 * for a minus that can be copied to a shell. */
static void roff(const char *s, struct text *out)
{
	if (*s == '.' || *s == '\'')
		text_add(out, "\\&");
	for (; *s; s++) {
		if (*s == '\\')
			text_add(out, "\\e");
		else if (*s == '-')
			text_add(out, "\\-");
		else
			text_add_bytes(out, s, 1);
	}
}

static void roff_line(const char *macro, const char *s, struct text *out)
{
	text_add(out, macro);
	roff(s, out);
	text_add(out, "\n");
}

static void option_man(const struct option_spec *o, struct text *out)
{
	if (o->kind == OPTION_HEADING) {
		text_add(out, ".PP\n");
		roff(o->help, out);
		text_add(out, ":\n");
		return;
	}
	text_add(out, ".TP\n");
	if (o->letter)
		text_addf(out, "\\fB\\-%c\\fR, ", o->letter);
	text_add(out, "\\fB\\-\\-");
	roff(o->name, out);
	text_add(out, "\\fR");
	if (o->value)
		text_addf(out, " \\fI%s\\fR", o->value);
	text_add(out, "\n");
	roff(o->help, out);
	text_add(out, ".\n");
}

/* Calls use() for each option of the tables that the help shows. */
static void options_each(const struct option_spec *const *tables,
			 void (*use)(const struct option_spec *o, struct text *out),
			 struct text *out)
{
	const struct option_spec *o;

	for (; *tables; tables++)
		for (o = *tables; o->name; o++)
			if (o->kind != OPTION_REFUSED && (o->kind != OPTION_HEADING || use == option_man))
				use(o, out);
}

/* A heading is one line: where the verb's name stands once more, so does "or". */
static void synopsis_man(const char *s, struct text *out)
{
	const char *end;

	for (; (end = strchr(s, '\n')); s = end + strspn(end, "\n ")) {
		char *line = strndup(s, (size_t)(end - s));

		roff(line ? line : "", out);
		text_add(out, ", or ");
		free(line);
	}
	roff(s, out);
}

static void verb_man(const struct verb *v, struct text *out)
{
	const char *const *paragraph;

	text_addf(out, ".SS hoy %s ", v->name);
	synopsis_man(v->synopsis, out);
	text_add(out, "\n");
	for (paragraph = v->text; paragraph && *paragraph; paragraph++) {
		roff_line(".PP\n", *paragraph, out);
	}
	if (!v->text) {
		text_add(out, ".PP\nTo ");
		roff(v->help, out);
		text_add(out, ".\n");
	}
	options_each(v->tables, option_man, out);
}

void manual_man(struct text *out)
{
	text_addf(out, ".TH HOY 1 \"\" \"hoy %s\" \"User Commands\"\n", HOY_VERSION);
	text_add(out, ".SH NAME\nhoy \\- run containers as the OCI runtime specification says\n"
		      ".SH SYNOPSIS\n\\fBhoy\\fR [\\fIOPTION\\fR...] \\fICOMMAND\\fR "
		      "[\\fIARGUMENT\\fR...]\n"
		      ".SH DESCRIPTION\n"
		      "hoy takes an OCI bundle, a root file system and a config.json, through its life. "
		      "\\fBhoy plan\\fR prints every step of it, with the field behind each, without "
		      "doing anything. The command line is runc's; under the name \\fBrunc\\fR (a "
		      "link), \\fBrun\\fR takes the bundle in the current directory, as runc does.\n"
		      ".SH OPTIONS\n");
	options_each(global_tables, option_man, out);
	text_add(out, ".SH COMMANDS\n");
	verbs_each(verb_man, out);
	text_add(out, ".SH EXIT STATUS\n\\fBrun\\fR and \\fBexec\\fR return that of the process, or "
		      "128 and the signal's number when it was killed; \\fBexec\\fR returns 255 when "
		      "the command could not be executed. Every other failure is 1.\n"
		      ".SH ENVIRONMENT\n.TP\n\\fBNOTIFY_SOCKET\\fR\n"
		      "The container gets a socket of its own at /run/notify/notify.sock, and this "
		      "variable, unless config.json sets it. What it says there reaches the service "
		      "manager: \\fBrun\\fR passes it on as long as it waits; \\fBstart\\fR and "
		      "\\fBrun --detach\\fR until READY=1, to which they add the MAINPID, and return "
		      "then, or when the container ends. Lines of sd_notify(3) that concern other "
		      "processes or descriptors are left out.\n"
		      ".TP\n\\fBLISTEN_FDS\\fR, \\fBLISTEN_PID\\fR, \\fBLISTEN_FDNAMES\\fR\n"
		      "\\fBrun\\fR and \\fBcreate\\fR give sockets that a service manager has passed "
		      "to hoy to the container's first process (sd_listen_fds(3)).\n"
		      ".TP\n\\fBXDG_RUNTIME_DIR\\fR\nWhere the state is, without root and without "
		      "\\fB--root\\fR.\n"
		      ".SH FILES\n.TP\n/run/hoy, $XDG_RUNTIME_DIR/hoy\nThe state of root's and of other "
		      "users' containers.\n"
		      ".SH SEE ALSO\n\\fBrunc\\fR(8), \\fBcrun\\fR(1), \\fBcgroups\\fR(7), "
		      "\\fBnamespaces\\fR(7)\n");
}

static void option_word(const struct option_spec *o, struct text *out)
{
	text_addf(out, " --%s", o->name);
	if (o->letter)
		text_addf(out, " -%c", o->letter);
}

/* What follows an option: its choices, or a file or directory. */
static void option_case(const struct option_spec *o, struct text *out)
{
	const char *const *c;

	if (!o->value || (o->kind != OPTION_CHOICE && o->kind != OPTION_PATH))
		return;
	text_addf(out, "        --%s", o->name);
	if (o->letter)
		text_addf(out, " | -%c", o->letter);
	text_add(out, ")\n            mapfile -t COMPREPLY < <(compgen ");
	if (o->kind == OPTION_PATH) {
		text_add(out, strcmp(o->value, "DIR") == 0 ? "-d" : "-f");
	} else {
		text_add(out, "-W \"");
		for (c = o->choices; *c; c++)
			text_addf(out, "%s%s", c == o->choices ? "" : " ", *c);
		text_add(out, "\"");
	}
	text_add(out, " -- \"$word\")\n            return ;;\n");
}

static bool wants_id(const struct verb *v)
{
	return v->needs && strstr(v->needs, "container ID");
}

static void verb_case(const struct verb *v, struct text *out)
{
	text_addf(out, "    '%s')\n        case $before in\n", v->name);
	options_each(v->tables, option_case, out);
	text_add(out, "        esac\n        mapfile -t COMPREPLY < <(compgen -W \"");
	options_each(v->tables, option_word, out);
	text_add(out, " --help");
	if (wants_id(v))
		text_add(out, " $(hoy \"${root[@]}\" list -q 2>/dev/null)");
	if (v->needs && streq(v->needs, "a volume"))
		text_add(out, " $(hoy volume ls -q 2>/dev/null)");
	text_add(out, "\" -- \"$word\") ;;\n");
}

/* The second words of a group. */
static void group_case(const struct verb *v, struct text *out)
{
	const struct verb *const *of;

	text_addf(out, "    '%s')\n        mapfile -t COMPREPLY < <(compgen -W \"", v->name);
	for (of = v->group; *of; of++)
		text_addf(out, "%s ", (*of)->name + strlen(v->name) + 1);
	text_add(out, "--help\" -- \"$word\") ;;\n");
}

static void group_pattern(const struct verb *v, struct text *out)
{
	if (strchr(v->name, ' '))
		text_addf(out, "|'%s'", v->name);
}

void manual_bash(struct text *out)
{
	const struct verb *const *v;

	text_add(out, "# bash completion for hoy; made by \"hoy help --format bash\"\n"
		      "_hoy() {\n"
		      "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
		      "    local verb='' i root=()\n"
		      "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
		      "        case ${COMP_WORDS[i]} in\n"
		      "        --root) root=(--root \"${COMP_WORDS[++i]}\") ;;\n"
		      "        -*) ;;\n"
		      "        *) verb=${COMP_WORDS[i]}; break ;;\n"
		      "        esac\n"
		      "    done\n"
		      "    if ((i + 1 < COMP_CWORD)); then\n"
		      "        case \"$verb ${COMP_WORDS[i+1]}\" in\n"
		      "        ''");
	verbs_each(group_pattern, out);
	text_add(out, ") verb=\"$verb ${COMP_WORDS[i+1]}\" ;;\n"
		      "        esac\n"
		      "    fi\n"
		      "    case $verb in\n    '')\n        case $before in\n");
	options_each(global_tables, option_case, out);
	text_add(out, "        esac\n        mapfile -t COMPREPLY < <(compgen -W \"");
	for (v = verbs; *v; v++)
		if (!(*v)->internal)
			text_addf(out, "%s ", (*v)->name);
	options_each(global_tables, option_word, out);
	text_add(out, "\" -- \"$word\") ;;\n");
	for (v = verbs; *v; v++)
		if ((*v)->group)
			group_case(*v, out);
	verbs_each(verb_case, out);
	text_add(out, "    esac\n}\ncomplete -F _hoy hoy\n");
}
