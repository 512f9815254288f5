module sluice/tests/envoy/x509

go 1.26
