// The conformance suite of the Gateway API, as upstream has it: its flags, its tests, its report.
package suite

import (
	"testing"

	"sigs.k8s.io/gateway-api/conformance"
)

func TestConformance(t *testing.T) {
	conformance.RunConformance(t)
}
