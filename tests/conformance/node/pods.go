package main

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// syncPods makes the Pods that Deployments want, removes the others, and says of each that it runs and is ready.
func (n *node) syncPods(ctx context.Context) error {
	deployments, err := n.deployments.List(labels.Everything())
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, d := range deployments {
		replicas := 1
		if d.Spec.Replicas != nil {
			replicas = int(*d.Spec.Replicas)
		}
		for i := range replicas {
			pod := podOf(d, i)
			wanted[pod.Namespace+"/"+pod.Name] = true
			if _, err := n.pods.Pods(pod.Namespace).Get(pod.Name); err == nil {
				continue
			}
			if _, err := n.client.CoreV1().Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
				return err
			}
		}
	}
	pods, err := n.pods.List(labels.Everything())
	if err != nil {
		return err
	}
	for _, pod := range pods {
		if !wanted[pod.Namespace+"/"+pod.Name] {
			err = n.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, *metav1.NewDeleteOptions(0))
		} else if pod.Status.PodIP == "" {
			err = n.startPod(ctx, pod.DeepCopy())
		}
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			return err
		}
	}
	return nil
}

// podOf is the Pod with that number. The suite takes two words off its name to get the Deployment's.
func podOf(d *appsv1.Deployment, i int) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: d.Spec.Template.ObjectMeta, Spec: *d.Spec.Template.Spec.DeepCopy()}
	pod.Name, pod.Namespace = fmt.Sprintf("%s-node-%d", d.Name, i), d.Namespace
	pod.Spec.NodeName = "node"
	return pod
}

func (n *node) startPod(ctx context.Context, pod *corev1.Pod) error {
	n.addresses++
	pod.Status.PodIP = fmt.Sprintf("10.99.%d.%d", 1+n.addresses/250, 1+n.addresses%250)
	pod.Status.PodIPs = []corev1.PodIP{{IP: pod.Status.PodIP}}
	pod.Status.Phase = corev1.PodRunning
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	_, err := n.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{})
	return err
}

// syncEchoes has a server for each Pod with an address, and for no other.
func (n *node) syncEchoes() error {
	pods, err := n.pods.List(labels.Everything())
	if err != nil {
		return err
	}
	running := map[string]bool{}
	for _, pod := range pods {
		address := pod.Status.PodIP
		if address == "" {
			continue
		}
		running[address] = true
		if n.echoes[address] != nil {
			continue
		}
		pair, err := n.certificateOf(pod)
		if apierrors.IsNotFound(err) {
			continue // until the Secret is there
		}
		if err != nil {
			return err
		}
		if n.echoes[address], err = newEcho(pod, pair); err != nil {
			return err
		}
	}
	for address, e := range n.echoes {
		if !running[address] {
			e.close()
			delete(n.echoes, address)
		}
	}
	return nil
}
