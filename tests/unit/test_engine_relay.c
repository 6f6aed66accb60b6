/* SPDX-License-Identifier: Apache-2.0 */
/* The relay, in a network namespace of the test's own: it listens at 127.0.0.1 and ::1, and "the container"
 * is 127.0.0.2. A child relays; a second descriptor's end has it stop. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "engine/relay.h"

#define BIG (8u << 20)

static bool have_namespace;
static struct net_port ports[] = {
	{.protocol = "tcp", .host = "127.0.0.1", .port = 8080, .count = 1, .to = 80},
	{.protocol = "udp", .port = 5353, .count = 1, .to = 53},
	{.protocol = "tcp", .host = "::1", .port = 8080, .count = 1, .to = 80},
};
static struct net_ports published = {3, ports};
static struct relay *relay;
static pid_t child;
static int stop_pipe[2];

static int namespace_make(void **state)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (unshare(CLONE_NEWNET) < 0)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
	close(fd);
	have_namespace = true;
	return 0;
}

static void serve_until_told(void)
{
	struct pollfd fds[2] = {{.fd = relay_fd(relay), .events = POLLIN},
				{.fd = stop_pipe[0], .events = POLLIN}};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(stop_pipe[1]);
	while (!fds[1].revents && poll(fds, 2, relay_patience(relay, -1)) >= 0)
		relay_serve(relay);
	relay_stop(relay);
	_exit(0);
}

static int relay_begin(void **state)
{
	struct relay_target to = {0};
	struct error err = ERROR_INIT;

	(void)state;
	if (!have_namespace)
		return 0;
	assert_int_equal(ip_parse("127.0.0.2", false, &to.v4), 0);
	assert_int_equal(relay_open("/nonexistent", &published, &relay, &err), 0);
	assert_int_equal(pipe2(stop_pipe, O_CLOEXEC), 0);
	relay_start(relay, &to);
	child = fork();
	if (child == 0)
		serve_until_told();
	close(stop_pipe[0]);
	return 0;
}

static int relay_end(void **state)
{
	(void)state;
	if (!have_namespace)
		return 0;
	close(stop_pipe[1]);
	waitpid(child, NULL, 0);
	relay_close(relay);
	relay = NULL;
	return 0;
}

static void need_namespace(void)
{
	if (!have_namespace)
		skip();
}

/* ---- Sockets --------------------------------------------------------------------------------- */

static struct sockaddr_in at(const char *text, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET, text, &a.sin_addr), 1);
	return a;
}

static int server(int type, uint16_t port)
{
	struct sockaddr_in a = at("127.0.0.2", port);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 600), 0);
	return fd;
}

static int client(int type, uint16_t port)
{
	struct sockaddr_in a = at("127.0.0.1", port);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

/* To the end. */
static void hears(int fd, const char *text)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;

	assert_int_equal(fd_read_all(fd, 1 << 20, &t), 0);
	assert_string_equal(t.s ? t.s : "", text);
}

/* ---- TCP ------------------------------------------------------------------------------------- */

/* Each end may end its direction and hear the other to its end. */
static void test_half_closed(void **state)
{
	int listening, c, s;

	(void)state;
	need_namespace();
	listening = server(SOCK_STREAM, 80);
	c = client(SOCK_STREAM, 8080);
	s = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	say(c, "question");
	shutdown(c, SHUT_WR);
	hears(s, "question");
	say(s, "answer");
	close(s);
	hears(c, "answer");
	close(c);
	c = client(SOCK_STREAM, 8080);
	s = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	say(s, "greeting");
	shutdown(s, SHUT_WR);
	hears(c, "greeting");
	say(c, "thanks");
	close(c);
	hears(s, "thanks");
	close(s);
	close(listening);
}

static void test_family(void **state)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6,
				 .sin6_port = htons(8080),
				 .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int listening, c, s;

	(void)state;
	need_namespace();
	listening = server(SOCK_STREAM, 80);
	c = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(c, (struct sockaddr *)&a, sizeof(a)), 0);
	s = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	say(s, "both");
	close(s);
	hears(c, "both");
	close(c);
	close(listening);
}

/* Writes BIG bytes of a pattern, or reads and checks them. */
static void pattern_write(int fd)
{
	static unsigned char buf[65536];
	size_t done, i;

	for (done = 0; done < BIG; done += sizeof(buf)) {
		for (i = 0; i < sizeof(buf); i++)
			buf[i] = (unsigned char)((done + i) * 31 >> 8);
		if (fd_write_all(fd, buf, sizeof(buf)) < 0)
			_exit(1);
	}
	shutdown(fd, SHUT_WR);
}

static void pattern_check(int fd)
{
	static unsigned char buf[65536];
	size_t done = 0, i;
	ssize_t n;

	while ((n = fd_read(fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < (size_t)n; i++)
			if (buf[i] != (unsigned char)((done + i) * 31 >> 8))
				fail_msg("byte %zu differs", done + i);
		done += (size_t)n;
	}
	assert_int_equal(done, BIG);
}

static void test_both_ways_at_once(void **state)
{
	int listening, c, s, status;
	pid_t writers[2];

	(void)state;
	need_namespace();
	listening = server(SOCK_STREAM, 80);
	c = client(SOCK_STREAM, 8080);
	s = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	writers[0] = fork();
	if (writers[0] == 0) {
		pattern_write(c);
		_exit(0);
	}
	writers[1] = fork();
	if (writers[1] == 0) {
		pattern_write(s);
		_exit(0);
	}
	pattern_check(c);
	pattern_check(s);
	waitpid(writers[0], &status, 0);
	assert_int_equal(status, 0);
	waitpid(writers[1], &status, 0);
	assert_int_equal(status, 0);
	close(c);
	close(s);
	close(listening);
}

/* Who doesn't read holds up nobody else, and takes no more than the kernel's buffers. */
static void test_slow_reader(void **state)
{
	int listening, c, s, other_c, other_s;
	char buf[65536] = {0};
	size_t taken = 0;
	ssize_t n;

	(void)state;
	need_namespace();
	listening = server(SOCK_STREAM, 80);
	c = client(SOCK_STREAM, 8080);
	s = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	do {
		struct pollfd p = {.fd = s, .events = POLLOUT};

		if (poll(&p, 1, 300) <= 0)
			break;
		n = send(s, buf, sizeof(buf), MSG_DONTWAIT);
		taken += n > 0 ? (size_t)n : 0;
	} while (taken < 256u << 20);
	assert_true(taken < 64u << 20);
	other_c = client(SOCK_STREAM, 8080);
	other_s = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	say(other_s, "past");
	close(other_s);
	hears(other_c, "past");
	close(other_c);
	close(s);
	while ((n = fd_read(c, buf, sizeof(buf))) > 0)
		taken -= (size_t)n;
	assert_int_equal(taken, 0);
	close(c);
	close(listening);
}

static void test_nobody_listens(void **state)
{
	char c;
	int fd;

	(void)state;
	need_namespace();
	fd = client(SOCK_STREAM, 8080);
	assert_int_equal(fd_read(fd, &c, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	close(fd);
}

static void test_reset_goes_on(void **state)
{
	static const struct linger at_once = {1, 0};
	int listening, c, s;
	char byte;

	(void)state;
	need_namespace();
	listening = server(SOCK_STREAM, 80);
	c = client(SOCK_STREAM, 8080);
	s = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	say(s, "x");
	assert_int_equal(fd_read(c, &byte, 1), 1);
	setsockopt(c, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(c);
	assert_int_equal(fd_read(s, &byte, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	close(s);
	close(listening);
}

/* More than there may be: the last wait until others have ended. */
static void test_many(void **state)
{
	static int c[RELAY_TCP_MAX + 20];
	int listening, s, i;
	const int n = RELAY_TCP_MAX + 20;

	(void)state;
	need_namespace();
	listening = server(SOCK_STREAM, 80);
	for (i = 0; i < n; i++)
		c[i] = client(SOCK_STREAM, 8080);
	for (i = 0; i < n; i++) {
		struct pollfd p = {.fd = listening, .events = POLLIN};

		assert_int_equal(poll(&p, 1, 5000), 1);
		s = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		say(s, "next");
		close(s);
		hears(c[i], "next");
		close(c[i]);
	}
	close(listening);
}

/* What was said last is heard when the relay stops; what is left open is cut off. */
static void test_stop(void **state)
{
	int listening, c, s, idle_c, idle_s;
	char byte;

	need_namespace();
	listening = server(SOCK_STREAM, 80);
	c = client(SOCK_STREAM, 8080);
	s = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	idle_c = client(SOCK_STREAM, 8080);
	idle_s = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	kill(child, SIGSTOP);
	say(s, "last words");
	close(s);
	close(stop_pipe[1]);
	kill(child, SIGCONT);
	hears(c, "last words");
	assert_int_equal(fd_read(idle_c, &byte, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	close(c);
	close(idle_c);
	close(idle_s);
	close(listening);
	waitpid(child, NULL, 0);
	relay_close(relay);
	relay_begin(state);
}

/* ---- UDP ------------------------------------------------------------------------------------- */

static void test_datagrams(void **state)
{
	struct sockaddr_in from[2], second = at("127.0.0.9", 5353);
	socklen_t len = sizeof(from[0]);
	int s, c[2], i;
	char buf[2000];

	(void)state;
	need_namespace();
	s = server(SOCK_DGRAM, 53);
	c[0] = client(SOCK_DGRAM, 5353);
	/* Connected: it hears nobody but whom it has spoken to. */
	c[1] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(c[1], (struct sockaddr *)&second, sizeof(second)), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(send(c[i], "abc", 3, 0), 3);
		assert_int_equal(
			recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&from[i], &len), 3);
	}
	assert_int_not_equal(from[0].sin_port, from[1].sin_port);
	for (i = 1; i >= 0; i--)
		assert_int_equal(
			sendto(s, buf, 10 + (size_t)i, 0, (struct sockaddr *)&from[i], len),
			10 + i);
	for (i = 0; i < 2; i++)
		assert_int_equal(recv(c[i], buf, sizeof(buf), 0), 10 + i);
	/* The same client, the same socket; an empty one is one too. */
	assert_int_equal(send(c[0], "", 0, 0), 0);
	assert_int_equal(recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&from[1], &len), 0);
	assert_int_equal(from[0].sin_port, from[1].sin_port);
	close(c[0]);
	close(c[1]);
	close(s);
}

static void test_datagrams_of_many(void **state)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	int s, i, c;
	char buf[8];

	(void)state;
	need_namespace();
	s = server(SOCK_DGRAM, 53);
	for (i = 0; i < 2 * RELAY_UDP_MAX; i++) {
		c = client(SOCK_DGRAM, 5353);
		assert_int_equal(send(c, "abc", 3, 0), 3);
		assert_int_equal(recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len),
				 3);
		assert_int_equal(sendto(s, "de", 2, 0, (struct sockaddr *)&from, len), 2);
		assert_int_equal(recv(c, buf, sizeof(buf), 0), 2);
		close(c);
	}
	close(s);
}

/* ---- Ports ----------------------------------------------------------------------------------- */

static void test_taken(void **state)
{
	struct net_port p = {
		.protocol = "tcp", .host = "127.0.0.1", .port = 8080, .count = 1, .to = 80};
	struct net_ports one = {1, &p};
	struct error err = ERROR_INIT;
	struct relay *second;
	char text[1024];

	(void)state;
	need_namespace();
	assert_int_equal(relay_open("/nonexistent", &one, &second, &err), -EADDRINUSE);
	assert_null(second);
	assert_non_null(strstr(error_text(&err, text, sizeof(text)),
			       "port 8080/tcp of 127.0.0.1 is taken by process "));
	err = (struct error)ERROR_INIT;
	p.host = "192.0.2.1";
	assert_int_equal(relay_open("/nonexistent", &one, &second, &err), -EADDRNOTAVAIL);
	assert_non_null(strstr(err.why, "no address 192.0.2.1"));
}

static void test_any_port(void **state)
{
	struct net_port p = {.protocol = "tcp", .count = 1, .to = 80};
	struct net_ports one = {1, &p};
	struct error err = ERROR_INIT;
	struct relay *r, *second;
	uint32_t first;

	(void)state;
	need_namespace();
	assert_int_equal(relay_open("/nonexistent", &one, &r, &err), 0);
	first = p.port;
	assert_true(first > 0);
	relay_close(r);
	/* The same again, or another if it isn't free. */
	p.port = 0;
	p.last = first;
	assert_int_equal(relay_open("/nonexistent", &one, &r, &err), 0);
	assert_int_equal(p.port, first);
	p.port = 0;
	assert_int_equal(relay_open("/nonexistent", &one, &second, &err), 0);
	assert_int_not_equal(p.port, first);
	relay_close(r);
	relay_close(second);
	one.n = 0;
	assert_int_equal(relay_open("/nonexistent", &one, &r, &err), 0);
	assert_null(r);
	assert_int_equal(relay_fd(r), -1);
	assert_int_equal(relay_patience(r, 5), 5);
	relay_close(r);
}

#define WITH_RELAY(f) cmocka_unit_test_setup_teardown(f, relay_begin, relay_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RELAY(test_half_closed),
		WITH_RELAY(test_family),
		WITH_RELAY(test_both_ways_at_once),
		WITH_RELAY(test_slow_reader),
		WITH_RELAY(test_nobody_listens),
		WITH_RELAY(test_reset_goes_on),
		WITH_RELAY(test_many),
		WITH_RELAY(test_stop),
		WITH_RELAY(test_datagrams),
		WITH_RELAY(test_datagrams_of_many),
		WITH_RELAY(test_taken),
		WITH_RELAY(test_any_port),
	};

	return cmocka_run_group_tests(tests, namespace_make, NULL);
}
