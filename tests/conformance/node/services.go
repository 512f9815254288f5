package main

import (
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// forwarder is one port of a Service at its address: each connection goes to one of its Pods.
type forwarder struct {
	socket    net.Listener
	endpoints atomic.Pointer[[]string]
}

// syncServices has a forwarder for each port of each Service with an address, and the names of all.
func (n *node) syncServices() error {
	services, err := n.services.List(labels.Everything())
	if err != nil {
		return err
	}
	names, running := map[string][]net.IP{}, map[string]bool{}
	for _, service := range services {
		name := service.Name + "." + service.Namespace + ".svc.cluster.local."
		address := net.ParseIP(service.Spec.ClusterIP)
		if address != nil {
			names[name] = []net.IP{address}
		}
		for _, port := range service.Spec.Ports {
			endpoints, err := n.endpointsOf(service, port)
			if err != nil {
				return err
			}
			if address == nil {
				names[name] = hostsOf(endpoints)
			} else if port.Protocol == corev1.ProtocolTCP {
				at := net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(port.Port)))
				running[at] = true
				if err := n.forward(at, endpoints); err != nil {
					return err
				}
			}
		}
	}
	for at, f := range n.proxies {
		if !running[at] {
			_ = f.socket.Close()
			delete(n.proxies, at)
		}
	}
	n.names.Store(&names)
	return nil
}

// endpointsOf are the addresses of the Pods that it selects, or, without a selector, those in its EndpointSlices.
func (n *node) endpointsOf(service *corev1.Service, port corev1.ServicePort) ([]string, error) {
	if service.Spec.Selector == nil {
		return n.endpointsInSlices(service, port)
	}
	pods, err := n.pods.Pods(service.Namespace).List(labels.SelectorFromSet(service.Spec.Selector))
	if err != nil {
		return nil, err
	}
	target := int(port.Port)
	if port.TargetPort.IntVal != 0 {
		target = int(port.TargetPort.IntVal)
	}
	var found []string
	for _, pod := range pods {
		if pod.Status.PodIP != "" {
			found = append(found, net.JoinHostPort(pod.Status.PodIP, strconv.Itoa(target)))
		}
	}
	return found, nil
}

func (n *node) endpointsInSlices(service *corev1.Service, port corev1.ServicePort) ([]string, error) {
	slices, err := n.slices.EndpointSlices(service.Namespace).List(labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: service.Name}))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, slice := range slices {
		for _, p := range slice.Ports {
			if p.Name == nil || *p.Name != port.Name || p.Port == nil {
				continue
			}
			for _, endpoint := range slice.Endpoints {
				for _, address := range endpoint.Addresses {
					found = append(found, net.JoinHostPort(address, strconv.Itoa(int(*p.Port))))
				}
			}
		}
	}
	return found, nil
}

func hostsOf(endpoints []string) []net.IP {
	var hosts []net.IP
	for _, endpoint := range endpoints {
		host, _, _ := net.SplitHostPort(endpoint)
		hosts = append(hosts, net.ParseIP(host))
	}
	return hosts
}

func (n *node) forward(at string, endpoints []string) error {
	f := n.proxies[at]
	if f == nil {
		socket, err := net.Listen("tcp", at)
		if err != nil {
			return err
		}
		f = &forwarder{socket: socket}
		n.proxies[at] = f
		go f.accept()
	}
	f.endpoints.Store(&endpoints)
	return nil
}

func (f *forwarder) accept() {
	for {
		client, err := f.socket.Accept()
		if err != nil {
			return
		}
		go f.serve(client)
	}
}

func (f *forwarder) serve(client net.Conn) {
	defer client.Close()
	endpoints := *f.endpoints.Load()
	if len(endpoints) == 0 {
		return
	}
	pod, err := net.Dial("tcp", endpoints[rand.IntN(len(endpoints))])
	if err != nil {
		return
	}
	defer pod.Close()
	go func() {
		_, _ = io.Copy(pod, client)
		_ = pod.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(client, pod)
}
