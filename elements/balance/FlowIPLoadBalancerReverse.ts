/**
 * Gives packets the address VIP of a load balancer as their source: the way back of the FlowIPLoadBalancer that its argument names.
 * All packets are taken: sort out before it what servers send.
 */
import { wayBack } from './way-back.js';

export default wayBack('FlowIPLoadBalancerReverse', 'FlowIPLoadBalancer');
