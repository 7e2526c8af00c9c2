/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A collector that only listens to the network, made to read a file: loaded before it (LD_PRELOAD),
 * this gives it the UDP payloads of the capture $BENCH_FEED, one for each recvfrom(), as fast as it
 * asks, and asks it to end (SIGTERM) when there are no more. So the collector is measured without
 * sockets, and loses nothing. Classic captures of Ethernet and IPv4 without options only: those
 * that bench_gen writes.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CAPTURE_HEADER = 24, PACKET_HEADER = 16, BEFORE_PAYLOAD = 14 + 20 + 8 };

static const unsigned char *at, *end;

static void load(void)
{
	const char *path = getenv("BENCH_FEED");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) || st.st_size < CAPTURE_HEADER)
		_exit(2);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		_exit(2);
	at = map;
	end = at + st.st_size;
	at += CAPTURE_HEADER;
}

/* There is always something to read. */
int select(int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict odd,
	   struct timeval *restrict timeout)
{
	(void)n, (void)in, (void)out, (void)odd, (void)timeout;
	return 1;
}

ssize_t recvfrom(int fd, void *restrict buf, size_t n, int flags, struct sockaddr *restrict from,
		 socklen_t *restrict from_n)
{
	struct sockaddr_in sender = { .sin_family = AF_INET };
	uint32_t size;

	(void)fd, (void)flags;
	if (!at)
		load();
	if (end - at < PACKET_HEADER + BEFORE_PAYLOAD) {
		(void)kill(getpid(), SIGTERM);
		errno = EINTR;
		return -1;
	}
	memcpy(&size, at + 8, sizeof size);
	at += PACKET_HEADER;
	if (size < BEFORE_PAYLOAD || size > end - at || size - BEFORE_PAYLOAD > n)
		_exit(2);
	if (from && from_n) {
		memcpy(&sender.sin_addr, at + 14 + 12, 4);
		memcpy(&sender.sin_port, at + 14 + 20, 2);
		memcpy(from, &sender, *from_n < sizeof sender ? *from_n : sizeof sender);
		*from_n = sizeof sender;
	}
	memcpy(buf, at + BEFORE_PAYLOAD, size - BEFORE_PAYLOAD);
	at += size;
	return (ssize_t)size - BEFORE_PAYLOAD;
}
