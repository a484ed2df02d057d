/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* A fuzz target without libFuzzer:  replay_TARGET FILE...  runs each file through it, and says how many there were. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

void fuzz_exact(int on)
{
    (void)on;
}

static int replay(const char *path)
{
    static uint8_t octets[1 << 20];
    FILE *file = fopen(path, "rb");
    size_t len;

    if (!file) {
        perror(path);
        return 1;
    }
    len = fread(octets, 1, sizeof(octets), file);
    fclose(file);
    /* Said before, so that the last line names the file that ends the program. */
    printf("%s\n", path);
    fflush(stdout);
    return LLVMFuzzerTestOneInput(octets, len);
}

int main(int argc, char **argv)
{
    int i, failed = 0;

    for (i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    printf("%d files\n", argc - 1);
    return failed;
}
