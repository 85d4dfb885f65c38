/**
 * Finds the way of IPv4 packets by their destination annotation, among routes, kept as ranges of addresses.
 *
 * A route is `NETWORK [GATEWAY] OUTPUT`; of the networks that contain the address, the longest prefix counts (RFC
 * 1812, 5.2.4.3). The packet leaves by the route's output; a gateway becomes its destination annotation. All classes
 * of this family work alike here (see RouteTable of the kit): Click has several because they differ in speed there.
 */
import { HASHED } from 'wirelet';
import { routeElement } from './route-element.js';

export default routeElement({ name: 'RangeIPLookup', order: HASHED, flushable: true });
