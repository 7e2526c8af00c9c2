/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a file of catalogue/ into the program, byte for byte; a NUL that is not part of it follows.
 * The Makefile gives FILE and NAME (catalogue_ and the file's name with `_` for what C does not
 * allow). C says
 *
 *	extern const char NAME_begin[];
 *	extern const size_t NAME_size;
 *
 * NAME_end is there too, but C has no subtraction of what it takes for two arrays.
 */
#define GLUE(a, b) a##b
#define SYMBOL(name, suffix) GLUE(name, suffix)

	.section .rodata
	.balign 16
	.global SYMBOL(NAME, _begin)
	.hidden SYMBOL(NAME, _begin)
	.global SYMBOL(NAME, _end)
	.hidden SYMBOL(NAME, _end)
SYMBOL(NAME, _begin):
	.incbin FILE
SYMBOL(NAME, _end):
	.byte 0

	.balign __SIZEOF_SIZE_T__
	.global SYMBOL(NAME, _size)
	.hidden SYMBOL(NAME, _size)
SYMBOL(NAME, _size):
#if __SIZEOF_SIZE_T__ == 8
	.quad SYMBOL(NAME, _end) - SYMBOL(NAME, _begin)
#else
	.long SYMBOL(NAME, _end) - SYMBOL(NAME, _begin)
#endif

	.section .note.GNU-stack, "", %progbits
