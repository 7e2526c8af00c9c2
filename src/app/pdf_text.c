/* SPDX-License-Identifier: Apache-2.0 */
#include "app/pdf_text.h"

#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The file as a descriptor from which it can be read more than once. */
static enum err kept(struct str file, int *fd, struct errinfo *ei)
{
	int made = memfd_create("pdf", MFD_CLOEXEC);
	size_t done = 0;

	if (made < 0)
		return err_set(ei, ERR_IO, "%s", strerror(errno));
	while (done < file.n) {
		ssize_t n = write(made, file.p + done, file.n - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(made);
			return err_set(ei, ERR_IO, "%s", strerror(errno));
		}
		done += (size_t)n;
	}
	(void)lseek(made, 0, SEEK_SET);
	*fd = made;
	return ERR_OK;
}

static int64_t now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum err start(int in, int out, pid_t *pid, struct errinfo *ei)
{
	/* Its own limits: posix_spawn has none, prlimit(2) sets them right after. */
	char *argv[] = { (char[]){ "pdftotext" },
			 (char[]){ "-q" },
			 (char[]){ "-enc" },
			 (char[]){ "UTF-8" },
			 (char[]){ "-eol" },
			 (char[]){ "unix" },
			 (char[]){ "-nopgbrk" },
			 (char[]){ "-raw" },
			 (char[]){ "-" },
			 (char[]){ "-" },
			 NULL };
	char *env[] = { (char[]){ "PATH=/usr/local/bin:/usr/bin:/bin" },
			(char[]){ "LC_ALL=C.UTF-8" }, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int rc;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	(void)sigemptyset(&none);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setpgroup(&attr, 0);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	rc = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!rc)
		rc = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (!rc)
		rc = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	if (!rc)
		rc = posix_spawnp(pid, "pdftotext", &actions, &attr, argv, env);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attr);
	if (rc == ENOENT)
		return err_set(ei, ERR_NOENT,
			       "a PDF takes pdftotext, which is not installed (Debian: poppler-utils)");
	return rc ? err_set(ei, ERR_IO, "pdftotext: %s", strerror(rc)) : ERR_OK;
}

static void limits(pid_t pid)
{
	const struct rlimit cpu = { PDF_SECONDS, PDF_SECONDS + 1 },
			    memory = { PDF_MEMORY, PDF_MEMORY }, none = { 0, 0 };

	(void)prlimit(pid, RLIMIT_CPU, &cpu, NULL);
	(void)prlimit(pid, RLIMIT_AS, &memory, NULL);
	(void)prlimit(pid, RLIMIT_FSIZE, &none, NULL);
	(void)prlimit(pid, RLIMIT_CORE, &none, NULL);
}

static enum err collect(int fd, struct buf *out, struct errinfo *ei)
{
	int64_t until = now() + (int64_t)PDF_SECONDS * 1000;
	size_t begin = out->n;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until - now();
		ssize_t n;
		char *room;

		if (stop_asked())
			return err_set(ei, ERR_STOP, "%s", err_text(ERR_STOP));
		if (left <= 0)
			return err_set(ei, ERR_LIMIT, "pdftotext took longer than %d seconds",
				       PDF_SECONDS);
		if (poll(&p, 1, left > 500 ? 500 : (int)left) <= 0)
			continue;
		room = buf_room(out, 1 << 16);
		if (!room)
			return err_set(ei, buf_err(out), "%s", err_text(buf_err(out)));
		n = read(fd, room, 1 << 16);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(ei, ERR_IO, "pdftotext: %s", strerror(errno));
		if (n == 0)
			return ERR_OK;
		out->n += (size_t)n;
		if (out->n - begin > PDF_TEXT_MAX)
			return err_set(ei, ERR_LIMIT, "a PDF with more than %zu MiB of text",
				       PDF_TEXT_MAX >> 20);
	}
}

/* How it ended; who has closed his output and stays is killed a second later. */
static int ended(pid_t pid, bool at_once)
{
	int64_t until = now() + 1000;
	int status = 0;

	while (!at_once) {
		const struct timespec nap = { 0, 2000000 };
		pid_t gone = waitpid(pid, &status, WNOHANG);

		if (gone == pid || (gone < 0 && errno != EINTR))
			return status;
		at_once = now() > until;
		(void)nanosleep(&nap, NULL);
	}
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

enum err pdf_text(struct str file, struct text_doc *d, struct errinfo *ei)
{
	int in = -1, pipes[2] = { -1, -1 }, status;
	pid_t pid = 0;
	enum err e = kept(file, &in, ei);

	if (e)
		return e;
	if (pipe2(pipes, O_CLOEXEC)) {
		close(in);
		return err_set(ei, ERR_IO, "%s", strerror(errno));
	}
	e = start(in, pipes[1], &pid, ei);
	close(in);
	close(pipes[1]);
	if (!e) {
		limits(pid);
		e = collect(pipes[0], &d->text, ei);
		status = ended(pid, e != ERR_OK);
		if (!e && WIFSIGNALED(status))
			e = err_set(ei, ERR_LIMIT,
				    "pdftotext was stopped: it took more than it may have");
		else if (!e && WEXITSTATUS(status) == 127)
			e = err_set(ei, ERR_NOENT,
				    "a PDF takes pdftotext, which is not installed (Debian: poppler-utils)");
		else if (!e && WEXITSTATUS(status))
			e = err_set(ei, ERR_PARSE,
				    WEXITSTATUS(status) == 3 ? "the PDF may not be read: it is protected"
							     : "a damaged or encrypted PDF");
	}
	close(pipes[0]);
	d->kind = TEXT_PDF;
	d->charset = "UTF-8";
	return e;
}
