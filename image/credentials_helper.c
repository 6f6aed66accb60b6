/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "base/text.h"
#include "image/config_paths.h"
#include "image/credentials.h"
#include "spec/table.h"

#define PREFIX	   "docker-credential-"
#define NAME_BYTES 64
#define ANSWER_MAX (64 * 1024)
#define SECONDS	   60 /* it may ask a service, or a person to unlock a key ring */
#define GOOD	   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
/* As whom a helper names an identity token, and the words by which it says that it has nothing. */
#define TOKEN_USER "<token>"
#define NOTHING	   "credentials not found"

struct answer {
	const char *user, *secret;
};

static const struct field answer_fields[] = {
	FIELD_STRING(struct answer, user, "Username", .flags = FIELD_KEEP_EMPTY),
	FIELD_STRING(struct answer, secret, "Secret", .flags = FIELD_REQUIRED),
};
static const struct table answer_table = TABLE(answer_fields);

int credentials_answer_read(const char *text, size_t len, struct arena *a, struct credentials *ret,
			    struct error *err)
{
	const struct json *json;
	struct answer answer = {0};
	int r = json_parse(text, len, a, &json, err);

	if (r == 0)
		r = table_read(&answer_table, json, &answer, a, err);
	if (r < 0)
		return r;
	if (!answer.user || !answer.user[0])
		return error_at(err, "Username", "must not be empty");
	if (streq(answer.user, TOKEN_USER))
		*ret = (struct credentials){.identity_token = answer.secret};
	else
		*ret = (struct credentials){.user = answer.user, .password = answer.secret};
	return 1;
}

/* The program in $PATH, whose relative directories are passed over; NULL when there is none. */
static const char *program_find(const char *name, struct arena *a)
{
	const char *path = config_variable("PATH");

	if (!path)
		path = "/usr/local/bin:/usr/bin:/bin";
	while (*path) {
		size_t n = strcspn(path, ":");
		const char *file = arena_join(a, arena_memdup(a, path, n), "/", name, NULL);

		if (path[0] == '/' && access(file, X_OK) == 0)
			return file;
		path += n + (path[n] == ':');
	}
	return NULL;
}

/* What docker calls the registry, which is how it stores it. */
static const char *server_name(const char *host)
{
	return streq(host, "docker.io") ? "https://index.docker.io/v1/" : host;
}

static int outcome(const struct process_result *result, const char *name, char *out,
		   struct arena *a, struct credentials *ret, struct error *err)
{
	size_t n = result->output_n;
	int r;

	if (result->exec_errno)
		return error_set(err, result->exec_errno, "execute %s", name);
	if (result->timed_out)
		return error_say(err, ETIMEDOUT, "%s did not answer in %d seconds", name, SECONDS);
	if (n > ANSWER_MAX)
		return error_say(err, EFBIG, "%s wrote more than %d KiB", name, ANSWER_MAX / 1024);
	out[n] = 0;
	if (!WIFEXITED(result->status) || WEXITSTATUS(result->status) != 0) {
		if (strstr(out, NOTHING))
			return 0;
		out[strcspn(out, "\n")] = 0;
		return error_say(err, EIO, "%s failed: %.200s", name, out);
	}
	r = credentials_answer_read(out, n, a, ret, NULL);
	/* Without the details, for those could quote what it wrote. */
	return r < 0 ? error_say(err, EPROTO, "what %s wrote is not understood", name) : r;
}

int credentials_ask(const char *helper, const char *host, struct arena *a, struct credentials *ret,
		    struct error *err)
{
	const char *name = arena_join(a, PREFIX, helper, NULL), *program;
	char *const argv[] = {(char *)name, (char *)"get", NULL};
	struct process_spec spec = {
		.argv = argv,
		.envp = environ,
		.input = {server_name(host)},
		.timeout = SECONDS,
		.capture_size = ANSWER_MAX,
	};
	struct process_result result;
	int r;

	if (!helper[0] || strlen(helper) > NAME_BYTES || helper[strspn(helper, GOOD)] ||
	    helper[0] == '.')
		return error_say(err, EINVAL, "\"%.100s\" is no name of a credential helper",
				 helper);
	program = program_find(name, a);
	if (!program)
		return error_say(err, ENOENT, "the credential helper %s is not in $PATH", name);
	spec.path = program;
	spec.capture = arena_alloc(a, ANSWER_MAX + 1);
	r = process_run(&spec, &result);
	if (r < 0)
		error_set(err, -r, "run %s", name);
	else
		r = outcome(&result, name, spec.capture, a, ret, err);
	explicit_bzero(spec.capture, ANSWER_MAX);
	return r;
}
