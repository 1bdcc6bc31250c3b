// Runs before config.js and leaves it what such a file needs. What stays can't take much time or memory in one
// call, since strings have maxString characters at most and arrays maxArray elements.
(function (guardName, stopNow, maxString, maxArray, location) {
	const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf, defineProperty, deleteProperty } = Reflect;
	const { isArray } = Array;
	const { keys, assign, freeze } = Object;
	const maxArguments = 64;
	const className = Object.prototype.toString;

	// stop can't be caught: it interrupts the engine before the next step.
	function stop(what) {
		stopNow(what);
		throw new TypeError(what);
	}

	function bounded(value) {
		if (typeof value === "string") {
			if (value.length > maxString) stop("it makes a very long string");
		} else if (isArray(value) && value.length > maxArray) {
			stop("it makes a very long array");
		}
		return value;
	}

	function wrap(f, checkThis) {
		return function (...args) {
			checkThis(this);
			bounded(this);
			if (args.length > maxArguments) stop("it calls with very many arguments");
			for (let i = 0; i < args.length; i++) bounded(args[i]);
			return bounded(apply(f, this, args));
		};
	}

	function anything() {}

	function arraysOnly(self) {
		if (!isArray(self)) throw new TypeError("not an array"); // others can claim any length
	}

	function stringsOnly(self) {
		if (typeof self !== "string") throw new TypeError("not a string");
	}

	function isPattern(value) {
		return typeof value === "object" && value !== null && apply(className, value, []) === "[object RegExp]";
	}

	// A pattern made of a string, or something that passes for a pattern, was not checked.
	function patternsOnly(f) {
		return function (pattern) {
			if (!isPattern(pattern)) throw new TypeError("not a regular expression");
			return f(this, pattern);
		};
	}

	function join(separator) {
		arraysOnly(this);
		bounded(this);
		const between = separator === undefined ? "," : bounded("" + separator);
		let out = "";
		for (let i = 0; i < this.length; i++) {
			if (i > 0) out += between;
			if (this[i] !== undefined && this[i] !== null) out += this[i];
			bounded(out);
		}
		return out;
	}

	const stringReplace = String.prototype.replace, stringMatch = String.prototype.match;
	const stringSearch = String.prototype.search, stringSplit = String.prototype.split, indexOf = String.prototype.indexOf;

	function replace(pattern, replacement) {
		stringsOnly(this);
		if (typeof replacement === "function") throw new TypeError("functions that replace are not supported");
		const by = bounded("" + replacement);
		const what = isPattern(pattern) ? pattern : bounded("" + pattern);
		const each = apply(indexOf, by, ["$"]) < 0 ? by.length : by.length * (this.length + 1); // $& and the like
		if (bounded(this).length * each > 64 * maxString) stop("it makes a very long string");
		return bounded(apply(stringReplace, this, [what, by]));
	}

	function split(separator, limit) {
		stringsOnly(this);
		if (separator === undefined) return [bounded(this)];
		const what = isPattern(separator) ? separator : bounded("" + separator);
		return bounded(apply(stringSplit, bounded(this), [what, limit]));
	}

	const ours = {
		"String.prototype": {
			replace, split,
			match: patternsOnly((self, pattern) => { stringsOnly(self); return bounded(apply(stringMatch, bounded(self), [pattern])); }),
			search: patternsOnly((self, pattern) => { stringsOnly(self); return apply(stringSearch, bounded(self), [pattern]); }),
		},
		"Array.prototype": { join, toString() { return apply(join, this, []); } },
	};

	// Names that stay: as they are, or wrapped.
	const asTheyAre = {
		"global": ["parseInt", "parseFloat", "isNaN", "isFinite", "NaN", "Infinity", "undefined", "globalThis", "Math"],
		"Object.prototype": ["hasOwnProperty", "toString", "valueOf"],
		"Number.prototype": ["toString", "toFixed", "valueOf"],
		"Boolean.prototype": ["toString", "valueOf"],
		"Array.prototype": ["length"],
		"String.prototype": ["length"],
		"RegExp.prototype": ["exec", "test", "flags", "global", "ignoreCase", "multiline", "dotAll", "unicode", "sticky"],
		"Error.prototype": ["name", "message", "toString"],
	};
	const wrapped = {
		"global": [["encodeURIComponent", "decodeURIComponent", "encodeURI", "decodeURI"], anything],
		"String.prototype": [["charAt", "charCodeAt", "concat", "endsWith", "includes", "indexOf", "lastIndexOf", "slice",
			"startsWith", "substr", "substring", "toLowerCase", "toString", "toUpperCase", "trim", "trimEnd", "trimStart", "valueOf"], stringsOnly],
		"Array.prototype": [["concat", "every", "filter", "find", "forEach", "includes", "indexOf", "lastIndexOf", "map", "pop",
			"push", "reverse", "shift", "slice", "some", "unshift"], arraysOnly],
	};
	const constants = ["number", "boolean", "undefined", "string"];

	function strip(name, object) {
		const stay = asTheyAre[name] || [], [names, checkThis] = wrapped[name] || [[], anything];
		for (const key of ownKeys(object)) {
			if (typeof key === "symbol" || stay.includes(key)) continue; // no script can name a symbol
			const { value, configurable } = getOwnPropertyDescriptor(object, key);
			if (names.includes(key)) {
				defineProperty(object, key, { value: wrap(value, checkThis), writable: false, enumerable: false, configurable: false });
			} else if (ours[name] && ours[name][key]) {
				defineProperty(object, key, { value: ours[name][key], writable: false, enumerable: false, configurable: false });
			} else if (!configurable && constants.includes(typeof value)) {
				continue;
			} else if (!deleteProperty(object, key)) {
				throw new TypeError("can't take away " + name + "." + key);
			}
		}
	}

	let thrown;
	try { null.x; } catch (e) { thrown = getPrototypeOf(e); }
	
	const protos = [
		["Object.prototype", Object.prototype], ["Function.prototype", Function.prototype], ["Array.prototype", Array.prototype],
		["String.prototype", String.prototype], ["Number.prototype", Number.prototype], ["Boolean.prototype", Boolean.prototype],
		["RegExp.prototype", RegExp.prototype], ["Error.prototype", Error.prototype], ["Symbol.prototype", Symbol.prototype],
		["Error.prototype", TypeError.prototype], ["Error.prototype", ReferenceError.prototype], ["Error.prototype", RangeError.prototype],
		["Error.prototype", SyntaxError.prototype], ["Error.prototype", URIError.prototype], ["Error.prototype", thrown],
	];
	const lost = RegExp.prototype;
	strip("global", globalThis);
	for (const [name, proto] of protos) strip(name, proto);
	freeze(lost); // so that no pattern has an exec of the script's

	function define(name, value) {
		defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true });
	}
	define("window", globalThis);
	define("self", globalThis);
	define("location", assign({}, location));
	define("document", { location: assign({}, location), domain: location.hostname });
	define("navigator", { userAgent: "gst-jitsi", language: "en", languages: ["en"] });
	define("console", { log() {}, debug() {}, info() {}, warn() {}, error() {} });
	define("interfaceConfig", {});
	define("Array", { isArray });
	define("Object", { keys, assign, freeze });
	define("String", function (value) { return value === undefined ? "" : bounded("" + value); });
	define("Number", function (value) { return +value; });
	define("Boolean", function (value) { return !!value; });
	defineProperty(globalThis, guardName, { value: bounded, writable: false, enumerable: false, configurable: false });

	// Reads config by path; without a path it says whether there is one. Only plain values are handed out.
	function find() { return typeof config === "object" && config !== null ? config : undefined; }
	return function (path) {
		let value = find();
		if (path === undefined) return value !== undefined;
		for (const name of apply(stringSplit, path, ["."])) {
			if (typeof value !== "object" || value === null) return undefined;
			value = value[name];
		}
		return typeof value === "object" || typeof value === "function" ? undefined : bounded(value);
	};
})
