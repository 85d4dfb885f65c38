/**
 * Every code of a diagnostic, with what it means in one line. A code never changes its meaning; one that
 * is no longer used is not given out again. Each has a file under test/errors that brings it about.
 */
export const CODES: Readonly<Record<string, string>> = {
  // ---- files ---------------------------------------------------------------------------------------
  WL1000: 'A file cannot be read: missing, a folder, or not permitted.',
  WL1001: 'The name of a graph file does not say what language it is in.',
  WL1002: 'A file is too large, or is not text.',
  WL1003: 'A file that a graph includes cannot be read.',

  // ---- YAML and JSON -------------------------------------------------------------------------------
  WL1010: 'The file is not valid YAML.',
  WL1011: 'The file is not valid JSON.',
  WL1012: 'A key is given twice in one map.',
  WL1013: 'An alias has no anchor, or contains itself.',
  WL1014: 'A YAML tag, or a second document in the file, that graph files do not have.',
  WL1015: 'A file has too many values.',

  // ---- shape of a graph file -----------------------------------------------------------------------
  WL1020: 'A key that graph files do not have.',
  WL1021: 'A value of the wrong kind.',
  WL1022: 'A key that must be given is missing.',
  WL1023: 'A name that is not allowed.',
  WL1024: 'A name is given to two things.',

  // ---- the Click language --------------------------------------------------------------------------
  WL1040: 'Something else was expected here.',
  WL1041: 'A quote, comment, parenthesis or brace is not closed.',
  WL1042: 'A character that has no meaning in the language.',
  WL1043: 'A port is neither a number nor a name.',
  WL1044: 'The two sides of a many-to-many connection have different numbers of ports.',
  WL1045: 'Arguments are given where an element is only named.',
  WL1046: 'An arrow has nothing before or after it.',
  WL1047: '`input` or `output` is used outside a compound element, or the wrong way round.',
  WL1048: 'The parameters of a compound element are malformed.',
  WL1049: 'A `define` statement is malformed, or defines a name twice.',
  WL1050: 'A `require` asks for something that is not there.',
  WL1051: '`...` extends nothing, or is not at the end.',
  WL1052: 'Braces or parentheses are nested too deep.',
  WL1053: 'A group of elements skips or leaves out a port.',
  WL1054: 'A `#line` directive is malformed.',

  // ---- parameters, compounds, interfaces -----------------------------------------------------------
  WL1200: '--set names a parameter that the graph does not have.',
  WL1201: 'A parameter has no value.',
  WL1202: 'A `$name` that nothing defines.',
  WL1203: 'A compound element gets other arguments than it takes.',
  WL1204: 'No definition of a compound element has that number of ports.',
  WL1205: 'A compound element has no such port, or leaves one unused.',
  WL1206: 'A compound element contains itself.',
  WL1207: 'An element names an interface that the graph does not have.',
  WL1208: 'An interface has only one port, and begins only one arrow.',
  WL1209: 'The address of an interface is not valid, or is used twice.',
  WL1210: 'An AddressInfo or PortInfo entry is malformed.',
  WL1211: 'There are more interfaces or elements than an appliance may have.',

  // ---- element classes -----------------------------------------------------------------------------
  WL1220: 'No element or class has this name.',
  WL1221: 'A folder of elements cannot be read.',
  WL1222: 'A file does not export an element.',
  WL1223: 'An element is named otherwise than its file.',
  WL1224: 'Two files define the same element class.',
  WL1225: 'The file of an element failed when it was loaded.',
  WL1226: 'The file of an element is not valid TypeScript.',

  // ---- arguments -----------------------------------------------------------------------------------
  WL1240: 'An argument has a wrong value.',
  WL1241: 'An argument that must be given is missing.',
  WL1242: 'An element has no argument of this name.',
  WL1243: 'An argument is given twice.',
  WL1244: 'An element takes fewer arguments.',

  // ---- ports and connections -----------------------------------------------------------------------
  WL1260: 'An element has no port of this name.',
  WL1261: 'An element has no port of this number.',
  WL1262: 'An input is not connected.',
  WL1263: 'An output is not connected.',
  WL1264: 'A push output is connected twice.',
  WL1265: 'A pull input is connected twice.',
  WL1266: 'The number of ports in use does not fit the element.',
  WL1267: 'A push port meets a pull port.',
  WL1268: 'Packets would go round in a loop without a queue.',

  // ---- the graph as a whole ------------------------------------------------------------------------
  WL1280: 'An interface is not used (warning).',
  WL1281: 'An element is connected to nothing (warning).',
  WL1282: 'The graph does nothing (warning).',

  // ---- what elements themselves say ----------------------------------------------------------------
  WL1300: 'The element refuses its arguments.',
  WL1301: 'The element warns about its arguments.',
  WL1302: 'The code of an element failed while the graph was built.',
  WL1310: 'A file that an element is given cannot be read.',
  WL1311: 'A zone file is malformed.',
  WL1312: 'A zone cannot be served as it is.',
  WL1313: 'Something in a zone is suspicious (warning).',

  // ---- the command line ----------------------------------------------------------------------------
  WL1390: 'There is no such command.',
  WL1391: 'There is no such option, or its value is missing or wrong.',
  WL1392: 'A command gets too few or too many arguments.',
  WL1393: 'A name that a command was given does not exist.',
  WL1394: 'A file that a command would write is there already, or cannot be written.',

  // ---- the element language (docs/element-language.md) -----------------------------------------------
  WL2001: 'Something that is not in the packet-path subset.',
  WL2002: 'There is no member, name or function like this.',
  WL2003: 'An integer may not fit where it is stored.',
  WL2004: 'An integer may leave the range in which numbers are exact.',
  WL2005: 'A bare `/` may give a fraction.',
  WL2006: 'A loop has no bound that can be proved.',
  WL2007: 'An index, offset or length may be outside.',
  WL2008: 'A packet may be lost, used after it is gone, or null.',
  WL2009: 'A path returns no verdict.',
  WL2010: 'A function calls itself.',
  WL2011: 'A shift count may be outside 0..31.',
  WL2012: 'A divisor may be 0.',
  WL2013: 'A drop reason that is not declared.',
  WL2014: 'Something that only the host has is used on the packet path.',
  WL2015: 'A condition is not a boolean.',
  WL2016: 'Too much code would come of this.',
  WL2017: 'The file has no definition that the compiler can read.',

  WL2018: 'TypeScript finds an error in an element of your own.',
  WL2019: 'An example of an element of your own does not hold.',

  // ---- plan and image --------------------------------------------------------------------------------
  WL3001: 'The graph does not fit into memory.',
  WL3002: 'The C compiler or linker failed.',
  WL3003: 'An element works on the control side, and cannot be part of an appliance.',
  WL3101: 'A file is not an image of this version of Wirelet.',
  WL3102: 'An image cannot be written.',
  WL3103: 'A file is not a key for signatures.',
  WL3104: 'An image has no signature, or not one by the key.',

  // ---- runs ------------------------------------------------------------------------------------------
  WL4001: '--port names no interface.',
  WL4002: '--port names an interface that the appliance does not have.',
  WL4003: 'An interface is given two ports.',
  WL4004: 'A port specification is wrong.',
  WL4005: "The captures' own time needs ports that are captures.",
  WL4010: 'An image cannot be read.',
  WL4011: 'A file is not an image.',
  WL4012: 'An image is damaged.',
  WL4013: 'An image is for another version of the interface between image and host.',
  WL4020: 'A capture cannot be read.',
  WL4021: 'A capture has no frame to send.',
  WL4022: 'A capture cannot be opened for writing.',
  WL4023: 'A capture cannot be written to its end.',
  WL4024: 'A file is not a capture.',
  WL4025: 'Frames have no room for the numbers that are asked for.',
  WL4026: 'A description of frames is wrong.',
  WL4030: 'Taps cannot be used here.',
  WL4031: 'A tap is in use.',
  WL4040: 'The VMM was called with wrong options.',
  WL4050: 'The appliance panicked.',
  WL4101: '--set has no effect on an image.',
  WL4102: 'An image cannot run as --vmm node.',
  WL4103: 'An image was built for another way to run.',
  WL4104: '--for is not a time.',
  WL4110: 'The host of the appliance ended without a report.',
  WL4111: 'The appliance panicked.',
  WL4120: '--metrics is not an address.',
  WL4121: 'The address for metrics cannot be opened.',
  WL4130: 'There is no interface to send frames to.',
  WL4131: 'The appliance forwards none of the frames that it is measured with.',
  WL4132: 'A file is no record of a measurement.',
  WL4133: 'A measurement was interrupted before its first result.',
  WL4134: 'A revision cannot be built or measured.',
  WL4135: 'A program that measures has failed.',
  WL4900: 'A file cannot be read or written.',

  // ---- the machine -----------------------------------------------------------------------------------
  WL5000: 'Something that is needed is missing on this machine.',
  WL5001: 'There is no C compiler.',
  WL5010: '/dev/kvm cannot be opened.',
  WL5011: 'No permission to use /dev/kvm.',
  WL5012: 'KVM refuses something.',
  WL5013: 'There is no memory for the guest, or no descriptors.',
  WL5014: 'The guest did something that it must not.',
  WL5015: 'The VMM cannot confine itself.',
  WL5016: 'The guest does not start.',
  WL5017: 'There is no memory for the confined process.',
  WL5018: 'QEMU cannot run the appliance.',
  WL5019: 'QEMU is not installed.',

  WL9000: 'A defect of Wirelet itself.',
};
