#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "state_file.h"

int
state_file_read(const char *path, struct buf *out, struct fail *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char part[4096];
	ssize_t n;

	buf_reset(out);
	if (fd < 0)
		return errno == ENOENT ? 1 : fail_set(f, FAIL_CONFIG,
			"state.file %s cannot be read: %s", path, strerror(errno));
	while ((n = read(fd, part, sizeof(part))) > 0)
		buf_put(out, part, (size_t)n);
	if (n < 0)
		fail_set(f, FAIL_CONFIG, "state.file %s cannot be read: %s", path,
			strerror(errno));
	close(fd);
	if (n == 0 && out->failed)
		return fail_set(f, FAIL_CONFIG, "state.file %s: this is not a state "
			"record, it is too long", path);
	return n < 0 ? -1 : 1;
}

static int
write_all(int fd, struct span text)
{
	while (text.len) {
		ssize_t n = write(fd, text.p, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text.p += n;
		text.len -= (size_t)n;
	}
	return fsync(fd);
}

static int
write_new(const char *path, struct span text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int saved;

	if (fd < 0)
		return -1;
	if (write_all(fd, text)) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return close(fd);
}

/* The new name is durable only when its directory is. */
static int
sync_directory(const char *path)
{
	char *copy = strdup(path);
	int fd, rc;

	if (!copy)
		return -1;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

static int
cannot_write(const char *path, struct fail *f)
{
	bool passing = errno == ENOSPC || errno == EIO || errno == EDQUOT;

	return fail_set(f, passing ? FAIL_FATAL : FAIL_CONFIG,
		"state.file %s cannot be written: %s; %s", path, strerror(errno),
		passing ? "make room on its disk" : "its directory must exist "
		"and let this user create files");
}

static char *
fresh_name(const char *path, struct fail *f)
{
	char *fresh = NULL;

	if (asprintf(&fresh, "%s.new", path) >= 0)
		return fresh;
	fail_set(f, FAIL_FATAL, "out of memory");
	return NULL;
}

int
state_file_try(const char *path, struct fail *f)
{
	char *fresh = fresh_name(path, f);
	int rc;

	if (!fresh)
		return -1;
	rc = write_new(fresh, (struct span){ "", 0 }) || unlink(fresh) ?
		cannot_write(path, f) : 0;
	free(fresh);
	return rc;
}

int
state_file_write(const char *path, struct span text, struct fail *f)
{
	char *fresh = fresh_name(path, f);
	int rc;

	if (!fresh)
		return -1;
	rc = write_new(fresh, text) || rename(fresh, path) ||
		sync_directory(path) ? cannot_write(path, f) : 0;
	free(fresh);
	return rc;
}
