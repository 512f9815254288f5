// What a cluster has besides its API server, for the conformance suite: one node. It makes the Pods of Deployments and says
// that they are ready, answers at their addresses as the suite's echo server does, forwards what is sent to Services, and
// knows their names.
//
//	node --kubeconfig FILE
//
// The addresses of Pods (10.99.0.0/16) and of Services (10.96.0.0/16) must be those of the machine: rig.py makes a network
// where they are.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"sync/atomic"
	"time"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	appslisters "k8s.io/client-go/listers/apps/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const dnsAddress = "10.96.0.10:53"

type node struct {
	client      kubernetes.Interface
	deployments appslisters.DeploymentLister
	pods        corelisters.PodLister
	secrets     corelisters.SecretLister
	services    corelisters.ServiceLister
	slices      discoverylisters.EndpointSliceLister
	addresses   int                   // how many Pods got one
	echoes      map[string]*echo      // by address
	proxies     map[string]*forwarder // by address and port
	names       atomic.Pointer[map[string][]net.IP]
}

func main() {
	path := flag.String("kubeconfig", "", "of the cluster")
	flag.Parse()
	if err := run(context.Background(), *path); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, path string) error {
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 1000, 1000
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	n := &node{
		client:      client,
		deployments: factory.Apps().V1().Deployments().Lister(),
		pods:        factory.Core().V1().Pods().Lister(),
		secrets:     factory.Core().V1().Secrets().Lister(),
		services:    factory.Core().V1().Services().Lister(),
		slices:      factory.Discovery().V1().EndpointSlices().Lister(),
		echoes:      map[string]*echo{},
		proxies:     map[string]*forwarder{},
	}
	n.names.Store(&map[string][]net.IP{})
	if err := n.serveNames(dnsAddress); err != nil {
		return err
	}
	changed := make(chan struct{}, 1)
	touch := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	for _, informer := range []cache.SharedIndexInformer{
		factory.Apps().V1().Deployments().Informer(), factory.Core().V1().Pods().Informer(), factory.Core().V1().Secrets().Informer(),
		factory.Core().V1().Services().Informer(), factory.Discovery().V1().EndpointSlices().Informer(),
	} {
		if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: func(any) { touch() }, UpdateFunc: func(any, any) { touch() }, DeleteFunc: func(any) { touch() },
		}); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for range changed {
		if err := n.sync(ctx); err != nil {
			log.Print(err)
			time.AfterFunc(100*time.Millisecond, touch)
		}
	}
	return nil
}

// sync makes this node what the objects say.
func (n *node) sync(ctx context.Context) error {
	if err := n.syncPods(ctx); err != nil {
		return err
	}
	if err := n.syncEchoes(); err != nil {
		return err
	}
	return n.syncServices()
}
