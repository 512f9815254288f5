/* crd_table: lists the fields of the Pomerium object. Only crd.c and crd_settings.c use it. */
#ifndef TRANSLATOR_CRD_TABLE_H
#define TRANSLATOR_CRD_TABLE_H

#include "translator/settings/crd.h"

enum crd_type {
	CRD_OBJECT,
	CRD_TEXT,
	CRD_BOOL,
	CRD_INT,      /* 32 bits */
	CRD_COUNT,    /* 32 bits, not negative */
	CRD_DURATION, /* text as Go's time.ParseDuration reads it */
	CRD_LIST,     /* of text */
	CRD_MAP,      /* of text to text */
	CRD_FLAGS     /* of text to bool */
};

/* How the value becomes the field of Settings. */
enum crd_form {
	CRD_AS_IS,
	CRD_UPPER,  /* allowed values in upper case after `prefix` */
	CRD_STRINGS /* a list in a message of its own, which tells an empty list from none */
};

#define CRD_REQUIRED 1
#define CRD_NOT_EMPTY 2
#define CRD_HTTPS 4 /* begins with https:// */
#define CRD_LENIENT \
	8 /* a value that is not allowed is left out with a warning, and case does not count */
#define CRD_ANY_CASE 16

struct crd_field {
	const char *path;
	enum crd_type type;
	unsigned flags;
	const char *allowed; /* words with blanks between them; NULL: all */
	const char *to;      /* in pomerium.config.Settings; NULL: a function of its own reads it */
	enum crd_form form;
	const char *prefix;
};

extern const struct crd_field translator_crd_table[];

/* Is the text one of the words? */
bool translator_crd_table_allows(const struct crd_field *field, struct str text);

#endif
