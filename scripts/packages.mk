# What others install, in $(DIST). Included by the Makefile. docs/release.md tells how a release is made of it.

DIST ?= dist
ARCH ?= $(shell dpkg --print-architecture)
IMAGE ?= sluice:$(RELEASE)
# all that is made has this date: of the last commit; without git of the source
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),$(shell stat -c %Y Makefile))
# 0.2.0-1; of a tree after the tag 0.2.0+4.gd6599bb-1, of one before it 0.2.0~gd6599bb-1
DEB_VERSION ?= $(shell echo '$(VERSION)' | sed -E 's/^([0-9.]+)-g/\1~g/; s/^([0-9.]+)-([0-9]+)-g/\1+\2.g/; s/-dirty$$/+dirty/')-1
DEB := $(DIST)/sluice_$(DEB_VERSION)_$(ARCH).deb
CHART := $(DIST)/sluice-$(VERSION).tgz
IMAGE_TAR := $(DIST)/sluice-$(VERSION)-image-$(ARCH).tar
# For another processor: its Debian, unpacked, has the libraries to build with and to put into the image.
CROSS := $(filter-out $(shell dpkg --print-architecture),$(ARCH))
TRIPLET_arm64 := aarch64-linux-gnu
TRIPLET_amd64 := x86_64-linux-gnu
TRIPLET := $(TRIPLET_$(ARCH))
IMAGE_BUILD := $(if $(CROSS),build/$(ARCH),$(BUILD))
ROOT = scripts/debian-root $(ARCH) ca-certificates $(if $(CROSS),base-files coreutils libc6-dev $(shell scripts/bootstrap --libraries),systemd-standalone-sysusers $(shell scripts/make-deb --libraries $(BUILD)))

KUBECTL ?= $(or $(shell command -v kubectl),$(error the chart is made of what kubectl renders: install kubectl, or say KUBECTL=PATH))

RELEASE_ARCHS ?= amd64 arm64

.PHONY: deb image try-image root cross chart release

deb: all
	+@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) scripts/make-deb $(BUILD) $(DEB_VERSION) $(DEB)

image: $(if $(CROSS),cross,all)
	@SLUICE_EXTRA_PACKAGES=debootstrap scripts/bootstrap
	@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) scripts/make-image $(IMAGE_BUILD) "$$($(ROOT))" $(ARCH) $(VERSION) $(IMAGE) $(IMAGE_TAR)

chart:
	@SLUICE_EXTRA_PACKAGES=python3-yaml scripts/bootstrap
	@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) $(PYTHON) scripts/make-chart $(KUBECTL) $(VERSION) $(CHART)

# The image of another processor, run here by qemu: some three minutes the first time, one from then on.
try-image: image all
	@$(if $(CROSS),SLUICE_EXTRA_PACKAGES=qemu-user-static scripts/bootstrap)
	@scripts/try-image $(BUILD) $(ARCH) $(IMAGE_TAR)

# The Debian that the image is taken from and that the package is tried in: prints where it is.
root: all
	@SLUICE_EXTRA_PACKAGES=debootstrap scripts/bootstrap
	@$(ROOT)

cross:
	@SLUICE_EXTRA_PACKAGES="debootstrap gcc-$(subst _,-,$(TRIPLET))" scripts/bootstrap
	+@scripts/cross-build $(TRIPLET) "$$($(ROOT))" $(IMAGE_BUILD)

# Everything, in an empty folder: of the machine's own processor the package, of each the image; then what is about them.
release:
	@[ ! -e $(DIST) ] || { echo "$(DIST) is there already: take it away, or say DIST=" >&2; exit 1; }
	+@$(MAKE) --no-print-directory deb chart
	+@for arch in $(RELEASE_ARCHS); do $(MAKE) --no-print-directory image ARCH=$$arch || exit 1; done
	@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) scripts/make-source sluice-$(VERSION) $(DIST)/sluice-$(VERSION)-source.tar.gz
	@for file in $(DIST)/*.deb $(DIST)/*-image-*.tar; do SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) scripts/make-sbom $$file >$$file.spdx.json || exit 1; done
	@awk '/^## / && n++ { exit } n' CHANGES.md >$(DIST)/NOTES.md
	@cd $(DIST) && sha256sum $$(ls | LC_ALL=C sort) >SHA256SUMS && cat SHA256SUMS
