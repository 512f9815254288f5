/* pem_text: PEM for tests that cannot make it. */
#ifndef TESTS_X509_PEM_TEXT_H
#define TESTS_X509_PEM_TEXT_H

/* A throw-away certificate for t.example.com, valid until 2126. */
#define TEST_CERTIFICATE                                                     \
	"-----BEGIN CERTIFICATE-----\n"                                      \
	"MIIBijCCAS+gAwIBAgIUDK+fhDhpj0h+ZjaCs0Co6h7thv8wCgYIKoZIzj0EAwIw\n" \
	"DDEKMAgGA1UEAwwBdDAgFw0yNjExMjMyMDA5MjVaGA8yMTI2MTAzMDIwMDkyNVow\n" \
	"DDEKMAgGA1UEAwwBdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCj92uqHkhWK\n" \
	"LaB2P1LV8h3svWBY8H5MJMJbnk4Ur5NBOWa3tbFeEobinpmoSwxSN7W23sQ7HXpT\n" \
	"GDR4Halupw6jbTBrMB0GA1UdDgQWBBQQj1h3HGFCFGq68m4UT2Jf9IXLkjAfBgNV\n" \
	"HSMEGDAWgBQQj1h3HGFCFGq68m4UT2Jf9IXLkjAPBgNVHRMBAf8EBTADAQH/MBgG\n" \
	"A1UdEQQRMA+CDXQuZXhhbXBsZS5jb20wCgYIKoZIzj0EAwIDSQAwRgIhAJTt6Wzz\n" \
	"K20XA53AZ7VtGBRLX0jh+mYLKYMvNYeiyBUaAiEA7zvW2hSkKQ5kpKiSZeRUzJrE\n" \
	"6+udzwJDXPV5v9EYbG4=\n"                                             \
	"-----END CERTIFICATE-----\n"

#endif
