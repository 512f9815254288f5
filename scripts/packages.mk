# What others install, in $(DIST). Included by the Makefile. docs/release.md tells how a release is made of it.

DIST ?= dist
ARCH ?= $(shell dpkg --print-architecture)
IMAGE ?= sluice:$(RELEASE)
# all that is made has this date: of the last commit; without git of the source
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),$(shell stat -c %Y Makefile))
# 0.2.0-1; of a tree after the tag 0.2.0+4.gd6599bb-1, of one before it 0.2.0~gd6599bb-1
DEB_VERSION ?= $(shell echo '$(VERSION)' | sed -E 's/^([0-9.]+)-g/\1~g/; s/^([0-9.]+)-([0-9]+)-g/\1+\2.g/; s/-dirty$$/+dirty/')-1
DEB := $(DIST)/sluice_$(DEB_VERSION)_$(ARCH).deb
IMAGE_TAR := $(DIST)/sluice-$(VERSION)-image-$(ARCH).tar
# For another processor: its Debian, unpacked, has the libraries to build with and to put into the image.
CROSS := $(filter-out $(shell dpkg --print-architecture),$(ARCH))
TRIPLET_arm64 := aarch64-linux-gnu
TRIPLET_amd64 := x86_64-linux-gnu
TRIPLET := $(TRIPLET_$(ARCH))
IMAGE_BUILD := $(if $(CROSS),build/$(ARCH),$(BUILD))
ROOT = scripts/debian-root $(ARCH) ca-certificates $(if $(CROSS),coreutils libc6-dev $(shell scripts/bootstrap --libraries),systemd-standalone-sysusers $(shell scripts/make-deb --libraries $(BUILD)))

.PHONY: deb image root cross

deb: all
	+@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) scripts/make-deb $(BUILD) $(DEB_VERSION) $(DEB)

image: $(if $(CROSS),cross,all)
	@SLUICE_EXTRA_PACKAGES=debootstrap scripts/bootstrap
	@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) scripts/make-image $(IMAGE_BUILD) "$$($(ROOT))" $(ARCH) $(VERSION) $(IMAGE) $(IMAGE_TAR)

# The Debian that the image is taken from and that the package is tried in: prints where it is.
root: all
	@SLUICE_EXTRA_PACKAGES=debootstrap scripts/bootstrap
	@$(ROOT)

cross:
	@SLUICE_EXTRA_PACKAGES="debootstrap gcc-$(subst _,-,$(TRIPLET))" scripts/bootstrap
	@mkdir -p $(IMAGE_BUILD)
	@[ -e $(IMAGE_BUILD)/sysroot ] || { mkdir -p $(IMAGE_BUILD)/sysroot.new && tar -x -C $(IMAGE_BUILD)/sysroot.new -f "$$($(ROOT))" && mv $(IMAGE_BUILD)/sysroot.new $(IMAGE_BUILD)/sysroot; }
	@PKG_CONFIG_SYSROOT_DIR=$(CURDIR)/$(IMAGE_BUILD)/sysroot PKG_CONFIG_LIBDIR=$(CURDIR)/$(IMAGE_BUILD)/sysroot/usr/lib/$(TRIPLET)/pkgconfig:$(CURDIR)/$(IMAGE_BUILD)/sysroot/usr/share/pkgconfig \
		$(MAKE) --no-print-directory $(JOBS) BUILD=$(IMAGE_BUILD) CC="$(TRIPLET)-gcc --sysroot=$(CURDIR)/$(IMAGE_BUILD)/sysroot" bins
