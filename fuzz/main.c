/* Replays inputs of a fuzz target: every file that the arguments name, or that is below a folder they name.
 * So `make check` runs what fuzzing has found, without clang. A target that finds a fault aborts. */
#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

static size_t n_inputs;

/* Exactly as large as the input, so that a sanitizer sees the first byte that is read behind it. */
static uint8_t *file_read(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(size);

	if (file != NULL && (data != NULL || size == 0) && fread(data, 1, size, file) == size) {
		fclose(file);
		return data;
	}
	fprintf(stderr, "%s: %s\n", path, errno != 0 ? strerror(errno) : "cannot be read");
	exit(EXIT_FAILURE);
}

static int replay(const char *path, const struct stat *st, int kind, struct FTW *place)
{
	uint8_t *data;

	(void)place;
	if (kind == FTW_D)
		return 0;
	if (kind != FTW_F || !S_ISREG(st->st_mode)) {
		fprintf(stderr, "%s: neither a file nor a folder that can be read\n", path);
		return 1;
	}
	data = file_read(path, (size_t)st->st_size);
	LLVMFuzzerTestOneInput(data, (size_t)st->st_size);
	free(data);
	n_inputs++;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE-OR-FOLDER...\n", argv[0]);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		int failed = nftw(argv[i], replay, 16, FTW_PHYS);

		if (failed < 0)
			fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
		if (failed != 0)
			return EXIT_FAILURE;
	}
	printf("%zu inputs\n", n_inputs);
	return n_inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
