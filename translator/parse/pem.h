/* pem: says whether text holds certificates, read as Pomerium reads them. */
#ifndef TRANSLATOR_PEM_H
#define TRANSLATOR_PEM_H

#include "base/err.h"
#include "base/str.h"

/* The first line that begins a PEM block says CERTIFICATE. */
bool translator_pem_starts_with_certificate(struct str pem);
/* The first PEM block is a certificate, and it parses. */
int translator_pem_first(struct str pem, struct err *err);
/* At least one certificate, and every certificate block parses. */
int translator_pem_bundle(struct str pem, struct err *err);

#endif
