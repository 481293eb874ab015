import { Kysely, PostgresDialect, sql } from "kysely";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { makeGenericClientConstructor } from "@grpc/grpc-js";
import { Socket } from "node:net";
import pg from "pg";
// shared/gen/clipgrid/v1/artifact.ts
function createBaseArtifact() {
	return {
		name: "",
		sha256: "",
		md5: "",
		sizeBytes: 0
	};
}
var Artifact = {
	encode(message, writer = new BinaryWriter()) {
		if (message.name !== "") writer.uint32(10).string(message.name);
		if (message.sha256 !== "") writer.uint32(18).string(message.sha256);
		if (message.md5 !== "") writer.uint32(26).string(message.md5);
		if (message.sizeBytes !== 0) writer.uint32(32).int64(message.sizeBytes);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseArtifact();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.name = reader.string();
						continue;
					case 2:
						if (tag !== 18) break;
						message.sha256 = reader.string();
						continue;
					case 3:
						if (tag !== 26) break;
						message.md5 = reader.string();
						continue;
					case 4:
						if (tag !== 32) break;
						message.sizeBytes = longToNumber$2(reader.int64());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			name: isSet$3(object.name) ? globalThis.String(object.name) : "",
			sha256: isSet$3(object.sha256) ? globalThis.String(object.sha256) : "",
			md5: isSet$3(object.md5) ? globalThis.String(object.md5) : "",
			sizeBytes: isSet$3(object.sizeBytes) ? globalThis.Number(object.sizeBytes) : isSet$3(object.size_bytes) ? globalThis.Number(object.size_bytes) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.name !== "") obj.name = message.name;
		if (message.sha256 !== "") obj.sha256 = message.sha256;
		if (message.md5 !== "") obj.md5 = message.md5;
		if (message.sizeBytes !== 0) obj.sizeBytes = Math.round(message.sizeBytes);
		return obj;
	},
	create(base) {
		return Artifact.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseArtifact();
		message.name = object.name ?? "";
		message.sha256 = object.sha256 ?? "";
		message.md5 = object.md5 ?? "";
		message.sizeBytes = object.sizeBytes ?? 0;
		return message;
	}
};
function createBaseUploadTarget() {
	return {
		name: "",
		url: "",
		headers: {}
	};
}
var UploadTarget = {
	encode(message, writer = new BinaryWriter()) {
		if (message.name !== "") writer.uint32(10).string(message.name);
		if (message.url !== "") writer.uint32(18).string(message.url);
		globalThis.Object.entries(message.headers).forEach(([key, value]) => {
			UploadTarget_HeadersEntry.encode({
				key,
				value
			}, writer.uint32(26).fork()).join();
		});
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseUploadTarget();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.name = reader.string();
						continue;
					case 2:
						if (tag !== 18) break;
						message.url = reader.string();
						continue;
					case 3: {
						if (tag !== 26) break;
						const entry3 = UploadTarget_HeadersEntry.decode(reader, reader.uint32());
						if (entry3.value !== void 0) message.headers[entry3.key] = entry3.value;
						continue;
					}
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			name: isSet$3(object.name) ? globalThis.String(object.name) : "",
			url: isSet$3(object.url) ? globalThis.String(object.url) : "",
			headers: isObject$1(object.headers) ? globalThis.Object.entries(object.headers).reduce((acc, [key, value]) => {
				globalThis.Object.defineProperty(acc, key, {
					value: globalThis.String(value),
					enumerable: true,
					configurable: true,
					writable: true
				});
				return acc;
			}, {}) : {}
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.name !== "") obj.name = message.name;
		if (message.url !== "") obj.url = message.url;
		if (message.headers) {
			const entries = globalThis.Object.entries(message.headers);
			if (entries.length > 0) {
				obj.headers = {};
				entries.forEach(([k, v]) => {
					obj.headers[k] = v;
				});
			}
		}
		return obj;
	},
	create(base) {
		return UploadTarget.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseUploadTarget();
		message.name = object.name ?? "";
		message.url = object.url ?? "";
		message.headers = globalThis.Object.entries(object.headers ?? {}).reduce((acc, [key, value]) => {
			if (value !== void 0) acc[key] = globalThis.String(value);
			return acc;
		}, {});
		return message;
	}
};
function createBaseUploadTarget_HeadersEntry() {
	return {
		key: "",
		value: ""
	};
}
var UploadTarget_HeadersEntry = {
	encode(message, writer = new BinaryWriter()) {
		if (message.key !== "") writer.uint32(10).string(message.key);
		if (message.value !== "") writer.uint32(18).string(message.value);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseUploadTarget_HeadersEntry();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.key = reader.string();
						continue;
					case 2:
						if (tag !== 18) break;
						message.value = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			key: isSet$3(object.key) ? globalThis.String(object.key) : "",
			value: isSet$3(object.value) ? globalThis.String(object.value) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.key !== "") obj.key = message.key;
		if (message.value !== "") obj.value = message.value;
		return obj;
	},
	create(base) {
		return UploadTarget_HeadersEntry.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseUploadTarget_HeadersEntry();
		message.key = object.key ?? "";
		message.value = object.value ?? "";
		return message;
	}
};
function longToNumber$2(int64) {
	const num = globalThis.Number(int64.toString());
	if (num > globalThis.Number.MAX_SAFE_INTEGER) throw new globalThis.Error("Value is larger than Number.MAX_SAFE_INTEGER");
	if (num < globalThis.Number.MIN_SAFE_INTEGER) throw new globalThis.Error("Value is smaller than Number.MIN_SAFE_INTEGER");
	return num;
}
function isObject$1(value) {
	return typeof value === "object" && value !== null;
}
function isSet$3(value) {
	return value !== null && value !== void 0;
}
// shared/gen/clipgrid/v1/task.ts
function createBaseFrameRange() {
	return {
		startFrame: 0,
		endFrame: 0
	};
}
var FrameRange = {
	encode(message, writer = new BinaryWriter()) {
		if (message.startFrame !== 0) writer.uint32(8).uint32(message.startFrame);
		if (message.endFrame !== 0) writer.uint32(16).uint32(message.endFrame);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseFrameRange();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 8) break;
						message.startFrame = reader.uint32();
						continue;
					case 2:
						if (tag !== 16) break;
						message.endFrame = reader.uint32();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			startFrame: isSet$2(object.startFrame) ? globalThis.Number(object.startFrame) : isSet$2(object.start_frame) ? globalThis.Number(object.start_frame) : 0,
			endFrame: isSet$2(object.endFrame) ? globalThis.Number(object.endFrame) : isSet$2(object.end_frame) ? globalThis.Number(object.end_frame) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.startFrame !== 0) obj.startFrame = Math.round(message.startFrame);
		if (message.endFrame !== 0) obj.endFrame = Math.round(message.endFrame);
		return obj;
	},
	create(base) {
		return FrameRange.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseFrameRange();
		message.startFrame = object.startFrame ?? 0;
		message.endFrame = object.endFrame ?? 0;
		return message;
	}
};
function createBaseRational() {
	return {
		num: 0,
		den: 0
	};
}
var Rational = {
	encode(message, writer = new BinaryWriter()) {
		if (message.num !== 0) writer.uint32(8).int64(message.num);
		if (message.den !== 0) writer.uint32(16).int64(message.den);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseRational();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 8) break;
						message.num = longToNumber$1(reader.int64());
						continue;
					case 2:
						if (tag !== 16) break;
						message.den = longToNumber$1(reader.int64());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			num: isSet$2(object.num) ? globalThis.Number(object.num) : 0,
			den: isSet$2(object.den) ? globalThis.Number(object.den) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.num !== 0) obj.num = Math.round(message.num);
		if (message.den !== 0) obj.den = Math.round(message.den);
		return obj;
	},
	create(base) {
		return Rational.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseRational();
		message.num = object.num ?? 0;
		message.den = object.den ?? 0;
		return message;
	}
};
function createBaseObjectInput() {
	return {
		url: "",
		sizeBytes: 0,
		sha256: "",
		cacheKey: ""
	};
}
var ObjectInput = {
	encode(message, writer = new BinaryWriter()) {
		if (message.url !== "") writer.uint32(10).string(message.url);
		if (message.sizeBytes !== 0) writer.uint32(16).int64(message.sizeBytes);
		if (message.sha256 !== "") writer.uint32(26).string(message.sha256);
		if (message.cacheKey !== "") writer.uint32(34).string(message.cacheKey);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseObjectInput();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.url = reader.string();
						continue;
					case 2:
						if (tag !== 16) break;
						message.sizeBytes = longToNumber$1(reader.int64());
						continue;
					case 3:
						if (tag !== 26) break;
						message.sha256 = reader.string();
						continue;
					case 4:
						if (tag !== 34) break;
						message.cacheKey = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			url: isSet$2(object.url) ? globalThis.String(object.url) : "",
			sizeBytes: isSet$2(object.sizeBytes) ? globalThis.Number(object.sizeBytes) : isSet$2(object.size_bytes) ? globalThis.Number(object.size_bytes) : 0,
			sha256: isSet$2(object.sha256) ? globalThis.String(object.sha256) : "",
			cacheKey: isSet$2(object.cacheKey) ? globalThis.String(object.cacheKey) : isSet$2(object.cache_key) ? globalThis.String(object.cache_key) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.url !== "") obj.url = message.url;
		if (message.sizeBytes !== 0) obj.sizeBytes = Math.round(message.sizeBytes);
		if (message.sha256 !== "") obj.sha256 = message.sha256;
		if (message.cacheKey !== "") obj.cacheKey = message.cacheKey;
		return obj;
	},
	create(base) {
		return ObjectInput.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseObjectInput();
		message.url = object.url ?? "";
		message.sizeBytes = object.sizeBytes ?? 0;
		message.sha256 = object.sha256 ?? "";
		message.cacheKey = object.cacheKey ?? "";
		return message;
	}
};
function createBaseProgram() {
	return { argv: [] };
}
var Program = {
	encode(message, writer = new BinaryWriter()) {
		for (const v of message.argv) writer.uint32(10).string(v);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseProgram();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.argv.push(reader.string());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return { argv: globalThis.Array.isArray(object?.argv) ? object.argv.map((e) => globalThis.String(e)) : [] };
	},
	toJSON(message) {
		const obj = {};
		if (message.argv?.length) obj.argv = message.argv;
		return obj;
	},
	create(base) {
		return Program.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseProgram();
		message.argv = object.argv?.map((e) => e) || [];
		return message;
	}
};
function createBaseEncodeCommand() {
	return {
		programs: [],
		outputName: ""
	};
}
var EncodeCommand = {
	encode(message, writer = new BinaryWriter()) {
		for (const v of message.programs) Program.encode(v, writer.uint32(10).fork()).join();
		if (message.outputName !== "") writer.uint32(18).string(message.outputName);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseEncodeCommand();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.programs.push(Program.decode(reader, reader.uint32()));
						continue;
					case 2:
						if (tag !== 18) break;
						message.outputName = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			programs: globalThis.Array.isArray(object?.programs) ? object.programs.map((e) => Program.fromJSON(e)) : [],
			outputName: isSet$2(object.outputName) ? globalThis.String(object.outputName) : isSet$2(object.output_name) ? globalThis.String(object.output_name) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.programs?.length) obj.programs = message.programs.map((e) => Program.toJSON(e));
		if (message.outputName !== "") obj.outputName = message.outputName;
		return obj;
	},
	create(base) {
		return EncodeCommand.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseEncodeCommand();
		message.programs = object.programs?.map((e) => Program.fromPartial(e)) || [];
		message.outputName = object.outputName ?? "";
		return message;
	}
};
function createBaseFilterScript() {
	return {
		text: "",
		sourceVariable: "",
		sourceName: ""
	};
}
var FilterScript = {
	encode(message, writer = new BinaryWriter()) {
		if (message.text !== "") writer.uint32(10).string(message.text);
		if (message.sourceVariable !== "") writer.uint32(18).string(message.sourceVariable);
		if (message.sourceName !== "") writer.uint32(26).string(message.sourceName);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseFilterScript();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.text = reader.string();
						continue;
					case 2:
						if (tag !== 18) break;
						message.sourceVariable = reader.string();
						continue;
					case 3:
						if (tag !== 26) break;
						message.sourceName = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			text: isSet$2(object.text) ? globalThis.String(object.text) : "",
			sourceVariable: isSet$2(object.sourceVariable) ? globalThis.String(object.sourceVariable) : isSet$2(object.source_variable) ? globalThis.String(object.source_variable) : "",
			sourceName: isSet$2(object.sourceName) ? globalThis.String(object.sourceName) : isSet$2(object.source_name) ? globalThis.String(object.source_name) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.text !== "") obj.text = message.text;
		if (message.sourceVariable !== "") obj.sourceVariable = message.sourceVariable;
		if (message.sourceName !== "") obj.sourceName = message.sourceName;
		return obj;
	},
	create(base) {
		return FilterScript.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseFilterScript();
		message.text = object.text ?? "";
		message.sourceVariable = object.sourceVariable ?? "";
		message.sourceName = object.sourceName ?? "";
		return message;
	}
};
function createBaseVideoFormat() {
	return {
		codec: "",
		width: 0,
		height: 0,
		pixelFormat: "",
		frameRate: void 0,
		sampleAspectRatio: void 0,
		colorRange: "",
		colorPrimaries: "",
		colorTransfer: "",
		colorSpace: "",
		chromaLocation: "",
		fieldOrder: ""
	};
}
var VideoFormat = {
	encode(message, writer = new BinaryWriter()) {
		if (message.codec !== "") writer.uint32(10).string(message.codec);
		if (message.width !== 0) writer.uint32(16).uint32(message.width);
		if (message.height !== 0) writer.uint32(24).uint32(message.height);
		if (message.pixelFormat !== "") writer.uint32(34).string(message.pixelFormat);
		if (message.frameRate !== void 0) Rational.encode(message.frameRate, writer.uint32(42).fork()).join();
		if (message.sampleAspectRatio !== void 0) Rational.encode(message.sampleAspectRatio, writer.uint32(50).fork()).join();
		if (message.colorRange !== "") writer.uint32(58).string(message.colorRange);
		if (message.colorPrimaries !== "") writer.uint32(66).string(message.colorPrimaries);
		if (message.colorTransfer !== "") writer.uint32(74).string(message.colorTransfer);
		if (message.colorSpace !== "") writer.uint32(82).string(message.colorSpace);
		if (message.chromaLocation !== "") writer.uint32(90).string(message.chromaLocation);
		if (message.fieldOrder !== "") writer.uint32(98).string(message.fieldOrder);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseVideoFormat();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.codec = reader.string();
						continue;
					case 2:
						if (tag !== 16) break;
						message.width = reader.uint32();
						continue;
					case 3:
						if (tag !== 24) break;
						message.height = reader.uint32();
						continue;
					case 4:
						if (tag !== 34) break;
						message.pixelFormat = reader.string();
						continue;
					case 5:
						if (tag !== 42) break;
						message.frameRate = Rational.decode(reader, reader.uint32());
						continue;
					case 6:
						if (tag !== 50) break;
						message.sampleAspectRatio = Rational.decode(reader, reader.uint32());
						continue;
					case 7:
						if (tag !== 58) break;
						message.colorRange = reader.string();
						continue;
					case 8:
						if (tag !== 66) break;
						message.colorPrimaries = reader.string();
						continue;
					case 9:
						if (tag !== 74) break;
						message.colorTransfer = reader.string();
						continue;
					case 10:
						if (tag !== 82) break;
						message.colorSpace = reader.string();
						continue;
					case 11:
						if (tag !== 90) break;
						message.chromaLocation = reader.string();
						continue;
					case 12:
						if (tag !== 98) break;
						message.fieldOrder = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			codec: isSet$2(object.codec) ? globalThis.String(object.codec) : "",
			width: isSet$2(object.width) ? globalThis.Number(object.width) : 0,
			height: isSet$2(object.height) ? globalThis.Number(object.height) : 0,
			pixelFormat: isSet$2(object.pixelFormat) ? globalThis.String(object.pixelFormat) : isSet$2(object.pixel_format) ? globalThis.String(object.pixel_format) : "",
			frameRate: isSet$2(object.frameRate) ? Rational.fromJSON(object.frameRate) : isSet$2(object.frame_rate) ? Rational.fromJSON(object.frame_rate) : void 0,
			sampleAspectRatio: isSet$2(object.sampleAspectRatio) ? Rational.fromJSON(object.sampleAspectRatio) : isSet$2(object.sample_aspect_ratio) ? Rational.fromJSON(object.sample_aspect_ratio) : void 0,
			colorRange: isSet$2(object.colorRange) ? globalThis.String(object.colorRange) : isSet$2(object.color_range) ? globalThis.String(object.color_range) : "",
			colorPrimaries: isSet$2(object.colorPrimaries) ? globalThis.String(object.colorPrimaries) : isSet$2(object.color_primaries) ? globalThis.String(object.color_primaries) : "",
			colorTransfer: isSet$2(object.colorTransfer) ? globalThis.String(object.colorTransfer) : isSet$2(object.color_transfer) ? globalThis.String(object.color_transfer) : "",
			colorSpace: isSet$2(object.colorSpace) ? globalThis.String(object.colorSpace) : isSet$2(object.color_space) ? globalThis.String(object.color_space) : "",
			chromaLocation: isSet$2(object.chromaLocation) ? globalThis.String(object.chromaLocation) : isSet$2(object.chroma_location) ? globalThis.String(object.chroma_location) : "",
			fieldOrder: isSet$2(object.fieldOrder) ? globalThis.String(object.fieldOrder) : isSet$2(object.field_order) ? globalThis.String(object.field_order) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.codec !== "") obj.codec = message.codec;
		if (message.width !== 0) obj.width = Math.round(message.width);
		if (message.height !== 0) obj.height = Math.round(message.height);
		if (message.pixelFormat !== "") obj.pixelFormat = message.pixelFormat;
		if (message.frameRate !== void 0) obj.frameRate = Rational.toJSON(message.frameRate);
		if (message.sampleAspectRatio !== void 0) obj.sampleAspectRatio = Rational.toJSON(message.sampleAspectRatio);
		if (message.colorRange !== "") obj.colorRange = message.colorRange;
		if (message.colorPrimaries !== "") obj.colorPrimaries = message.colorPrimaries;
		if (message.colorTransfer !== "") obj.colorTransfer = message.colorTransfer;
		if (message.colorSpace !== "") obj.colorSpace = message.colorSpace;
		if (message.chromaLocation !== "") obj.chromaLocation = message.chromaLocation;
		if (message.fieldOrder !== "") obj.fieldOrder = message.fieldOrder;
		return obj;
	},
	create(base) {
		return VideoFormat.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseVideoFormat();
		message.codec = object.codec ?? "";
		message.width = object.width ?? 0;
		message.height = object.height ?? 0;
		message.pixelFormat = object.pixelFormat ?? "";
		message.frameRate = object.frameRate !== void 0 && object.frameRate !== null ? Rational.fromPartial(object.frameRate) : void 0;
		message.sampleAspectRatio = object.sampleAspectRatio !== void 0 && object.sampleAspectRatio !== null ? Rational.fromPartial(object.sampleAspectRatio) : void 0;
		message.colorRange = object.colorRange ?? "";
		message.colorPrimaries = object.colorPrimaries ?? "";
		message.colorTransfer = object.colorTransfer ?? "";
		message.colorSpace = object.colorSpace ?? "";
		message.chromaLocation = object.chromaLocation ?? "";
		message.fieldOrder = object.fieldOrder ?? "";
		return message;
	}
};
function createBaseIndexTask() {
	return { source: void 0 };
}
var IndexTask = {
	encode(message, writer = new BinaryWriter()) {
		if (message.source !== void 0) ObjectInput.encode(message.source, writer.uint32(10).fork()).join();
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseIndexTask();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.source = ObjectInput.decode(reader, reader.uint32());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return { source: isSet$2(object.source) ? ObjectInput.fromJSON(object.source) : void 0 };
	},
	toJSON(message) {
		const obj = {};
		if (message.source !== void 0) obj.source = ObjectInput.toJSON(message.source);
		return obj;
	},
	create(base) {
		return IndexTask.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseIndexTask();
		message.source = object.source !== void 0 && object.source !== null ? ObjectInput.fromPartial(object.source) : void 0;
		return message;
	}
};
function createBaseEncodeTask() {
	return {
		source: void 0,
		range: void 0,
		script: void 0,
		command: void 0,
		cut: void 0,
		sourceFormat: void 0,
		timeoutSeconds: 0,
		bareCut: void 0,
		resumeFrames: 0,
		keyFrames: []
	};
}
var EncodeTask = {
	encode(message, writer = new BinaryWriter()) {
		if (message.source !== void 0) ObjectInput.encode(message.source, writer.uint32(10).fork()).join();
		if (message.range !== void 0) FrameRange.encode(message.range, writer.uint32(18).fork()).join();
		if (message.script !== void 0) FilterScript.encode(message.script, writer.uint32(26).fork()).join();
		if (message.command !== void 0) EncodeCommand.encode(message.command, writer.uint32(34).fork()).join();
		if (message.cut !== void 0) ClipCut.encode(message.cut, writer.uint32(42).fork()).join();
		if (message.sourceFormat !== void 0) VideoFormat.encode(message.sourceFormat, writer.uint32(50).fork()).join();
		if (message.timeoutSeconds !== 0) writer.uint32(56).uint32(message.timeoutSeconds);
		if (message.bareCut !== void 0) ClipCut.encode(message.bareCut, writer.uint32(66).fork()).join();
		if (message.resumeFrames !== 0) writer.uint32(72).uint32(message.resumeFrames);
		if (message.keyFrames.length !== 0) {
			writer.uint32(82).fork();
			for (const v of message.keyFrames) writer.uint32(v);
			writer.join();
		}
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseEncodeTask();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.source = ObjectInput.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 18) break;
						message.range = FrameRange.decode(reader, reader.uint32());
						continue;
					case 3:
						if (tag !== 26) break;
						message.script = FilterScript.decode(reader, reader.uint32());
						continue;
					case 4:
						if (tag !== 34) break;
						message.command = EncodeCommand.decode(reader, reader.uint32());
						continue;
					case 5:
						if (tag !== 42) break;
						message.cut = ClipCut.decode(reader, reader.uint32());
						continue;
					case 6:
						if (tag !== 50) break;
						message.sourceFormat = VideoFormat.decode(reader, reader.uint32());
						continue;
					case 7:
						if (tag !== 56) break;
						message.timeoutSeconds = reader.uint32();
						continue;
					case 8:
						if (tag !== 66) break;
						message.bareCut = ClipCut.decode(reader, reader.uint32());
						continue;
					case 9:
						if (tag !== 72) break;
						message.resumeFrames = reader.uint32();
						continue;
					case 10:
						if (tag === 80) {
							message.keyFrames.push(reader.uint32());
							continue;
						}
						if (tag === 82) {
							const end2 = reader.uint32() + reader.pos;
							while (reader.pos < end2) message.keyFrames.push(reader.uint32());
							continue;
						}
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			source: isSet$2(object.source) ? ObjectInput.fromJSON(object.source) : void 0,
			range: isSet$2(object.range) ? FrameRange.fromJSON(object.range) : void 0,
			script: isSet$2(object.script) ? FilterScript.fromJSON(object.script) : void 0,
			command: isSet$2(object.command) ? EncodeCommand.fromJSON(object.command) : void 0,
			cut: isSet$2(object.cut) ? ClipCut.fromJSON(object.cut) : void 0,
			sourceFormat: isSet$2(object.sourceFormat) ? VideoFormat.fromJSON(object.sourceFormat) : isSet$2(object.source_format) ? VideoFormat.fromJSON(object.source_format) : void 0,
			timeoutSeconds: isSet$2(object.timeoutSeconds) ? globalThis.Number(object.timeoutSeconds) : isSet$2(object.timeout_seconds) ? globalThis.Number(object.timeout_seconds) : 0,
			bareCut: isSet$2(object.bareCut) ? ClipCut.fromJSON(object.bareCut) : isSet$2(object.bare_cut) ? ClipCut.fromJSON(object.bare_cut) : void 0,
			resumeFrames: isSet$2(object.resumeFrames) ? globalThis.Number(object.resumeFrames) : isSet$2(object.resume_frames) ? globalThis.Number(object.resume_frames) : 0,
			keyFrames: globalThis.Array.isArray(object?.keyFrames) ? object.keyFrames.map((e) => globalThis.Number(e)) : globalThis.Array.isArray(object?.key_frames) ? object.key_frames.map((e) => globalThis.Number(e)) : []
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.source !== void 0) obj.source = ObjectInput.toJSON(message.source);
		if (message.range !== void 0) obj.range = FrameRange.toJSON(message.range);
		if (message.script !== void 0) obj.script = FilterScript.toJSON(message.script);
		if (message.command !== void 0) obj.command = EncodeCommand.toJSON(message.command);
		if (message.cut !== void 0) obj.cut = ClipCut.toJSON(message.cut);
		if (message.sourceFormat !== void 0) obj.sourceFormat = VideoFormat.toJSON(message.sourceFormat);
		if (message.timeoutSeconds !== 0) obj.timeoutSeconds = Math.round(message.timeoutSeconds);
		if (message.bareCut !== void 0) obj.bareCut = ClipCut.toJSON(message.bareCut);
		if (message.resumeFrames !== 0) obj.resumeFrames = Math.round(message.resumeFrames);
		if (message.keyFrames?.length) obj.keyFrames = message.keyFrames.map((e) => Math.round(e));
		return obj;
	},
	create(base) {
		return EncodeTask.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseEncodeTask();
		message.source = object.source !== void 0 && object.source !== null ? ObjectInput.fromPartial(object.source) : void 0;
		message.range = object.range !== void 0 && object.range !== null ? FrameRange.fromPartial(object.range) : void 0;
		message.script = object.script !== void 0 && object.script !== null ? FilterScript.fromPartial(object.script) : void 0;
		message.command = object.command !== void 0 && object.command !== null ? EncodeCommand.fromPartial(object.command) : void 0;
		message.cut = object.cut !== void 0 && object.cut !== null ? ClipCut.fromPartial(object.cut) : void 0;
		message.sourceFormat = object.sourceFormat !== void 0 && object.sourceFormat !== null ? VideoFormat.fromPartial(object.sourceFormat) : void 0;
		message.timeoutSeconds = object.timeoutSeconds ?? 0;
		message.bareCut = object.bareCut !== void 0 && object.bareCut !== null ? ClipCut.fromPartial(object.bareCut) : void 0;
		message.resumeFrames = object.resumeFrames ?? 0;
		message.keyFrames = object.keyFrames?.map((e) => e) || [];
		return message;
	}
};
function createBaseClipCut() {
	return {
		timeBase: void 0,
		seekPts: 0,
		seekByte: 0,
		packetCount: 0,
		leadInFrames: 0,
		leadOutFrames: 0,
		framePts: [],
		endByte: 0,
		undecodableLeading: 0,
		layout: "",
		head: []
	};
}
var ClipCut = {
	encode(message, writer = new BinaryWriter()) {
		if (message.timeBase !== void 0) Rational.encode(message.timeBase, writer.uint32(10).fork()).join();
		if (message.seekPts !== 0) writer.uint32(16).int64(message.seekPts);
		if (message.seekByte !== 0) writer.uint32(24).int64(message.seekByte);
		if (message.packetCount !== 0) writer.uint32(32).uint32(message.packetCount);
		if (message.leadInFrames !== 0) writer.uint32(40).uint32(message.leadInFrames);
		if (message.leadOutFrames !== 0) writer.uint32(48).uint32(message.leadOutFrames);
		if (message.framePts.length !== 0) {
			writer.uint32(58).fork();
			for (const v of message.framePts) writer.int64(v);
			writer.join();
		}
		if (message.endByte !== 0) writer.uint32(64).int64(message.endByte);
		if (message.undecodableLeading !== 0) writer.uint32(72).uint32(message.undecodableLeading);
		if (message.layout !== "") writer.uint32(82).string(message.layout);
		for (const v of message.head) ByteSpan.encode(v, writer.uint32(90).fork()).join();
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseClipCut();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.timeBase = Rational.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 16) break;
						message.seekPts = longToNumber$1(reader.int64());
						continue;
					case 3:
						if (tag !== 24) break;
						message.seekByte = longToNumber$1(reader.int64());
						continue;
					case 4:
						if (tag !== 32) break;
						message.packetCount = reader.uint32();
						continue;
					case 5:
						if (tag !== 40) break;
						message.leadInFrames = reader.uint32();
						continue;
					case 6:
						if (tag !== 48) break;
						message.leadOutFrames = reader.uint32();
						continue;
					case 7:
						if (tag === 56) {
							message.framePts.push(longToNumber$1(reader.int64()));
							continue;
						}
						if (tag === 58) {
							const end2 = reader.uint32() + reader.pos;
							while (reader.pos < end2) message.framePts.push(longToNumber$1(reader.int64()));
							continue;
						}
						break;
					case 8:
						if (tag !== 64) break;
						message.endByte = longToNumber$1(reader.int64());
						continue;
					case 9:
						if (tag !== 72) break;
						message.undecodableLeading = reader.uint32();
						continue;
					case 10:
						if (tag !== 82) break;
						message.layout = reader.string();
						continue;
					case 11:
						if (tag !== 90) break;
						message.head.push(ByteSpan.decode(reader, reader.uint32()));
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			timeBase: isSet$2(object.timeBase) ? Rational.fromJSON(object.timeBase) : isSet$2(object.time_base) ? Rational.fromJSON(object.time_base) : void 0,
			seekPts: isSet$2(object.seekPts) ? globalThis.Number(object.seekPts) : isSet$2(object.seek_pts) ? globalThis.Number(object.seek_pts) : 0,
			seekByte: isSet$2(object.seekByte) ? globalThis.Number(object.seekByte) : isSet$2(object.seek_byte) ? globalThis.Number(object.seek_byte) : 0,
			packetCount: isSet$2(object.packetCount) ? globalThis.Number(object.packetCount) : isSet$2(object.packet_count) ? globalThis.Number(object.packet_count) : 0,
			leadInFrames: isSet$2(object.leadInFrames) ? globalThis.Number(object.leadInFrames) : isSet$2(object.lead_in_frames) ? globalThis.Number(object.lead_in_frames) : 0,
			leadOutFrames: isSet$2(object.leadOutFrames) ? globalThis.Number(object.leadOutFrames) : isSet$2(object.lead_out_frames) ? globalThis.Number(object.lead_out_frames) : 0,
			framePts: globalThis.Array.isArray(object?.framePts) ? object.framePts.map((e) => globalThis.Number(e)) : globalThis.Array.isArray(object?.frame_pts) ? object.frame_pts.map((e) => globalThis.Number(e)) : [],
			endByte: isSet$2(object.endByte) ? globalThis.Number(object.endByte) : isSet$2(object.end_byte) ? globalThis.Number(object.end_byte) : 0,
			undecodableLeading: isSet$2(object.undecodableLeading) ? globalThis.Number(object.undecodableLeading) : isSet$2(object.undecodable_leading) ? globalThis.Number(object.undecodable_leading) : 0,
			layout: isSet$2(object.layout) ? globalThis.String(object.layout) : "",
			head: globalThis.Array.isArray(object?.head) ? object.head.map((e) => ByteSpan.fromJSON(e)) : []
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.timeBase !== void 0) obj.timeBase = Rational.toJSON(message.timeBase);
		if (message.seekPts !== 0) obj.seekPts = Math.round(message.seekPts);
		if (message.seekByte !== 0) obj.seekByte = Math.round(message.seekByte);
		if (message.packetCount !== 0) obj.packetCount = Math.round(message.packetCount);
		if (message.leadInFrames !== 0) obj.leadInFrames = Math.round(message.leadInFrames);
		if (message.leadOutFrames !== 0) obj.leadOutFrames = Math.round(message.leadOutFrames);
		if (message.framePts?.length) obj.framePts = message.framePts.map((e) => Math.round(e));
		if (message.endByte !== 0) obj.endByte = Math.round(message.endByte);
		if (message.undecodableLeading !== 0) obj.undecodableLeading = Math.round(message.undecodableLeading);
		if (message.layout !== "") obj.layout = message.layout;
		if (message.head?.length) obj.head = message.head.map((e) => ByteSpan.toJSON(e));
		return obj;
	},
	create(base) {
		return ClipCut.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseClipCut();
		message.timeBase = object.timeBase !== void 0 && object.timeBase !== null ? Rational.fromPartial(object.timeBase) : void 0;
		message.seekPts = object.seekPts ?? 0;
		message.seekByte = object.seekByte ?? 0;
		message.packetCount = object.packetCount ?? 0;
		message.leadInFrames = object.leadInFrames ?? 0;
		message.leadOutFrames = object.leadOutFrames ?? 0;
		message.framePts = object.framePts?.map((e) => e) || [];
		message.endByte = object.endByte ?? 0;
		message.undecodableLeading = object.undecodableLeading ?? 0;
		message.layout = object.layout ?? "";
		message.head = object.head?.map((e) => ByteSpan.fromPartial(e)) || [];
		return message;
	}
};
function createBaseByteSpan() {
	return {
		start: 0,
		end: 0
	};
}
var ByteSpan = {
	encode(message, writer = new BinaryWriter()) {
		if (message.start !== 0) writer.uint32(8).int64(message.start);
		if (message.end !== 0) writer.uint32(16).int64(message.end);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseByteSpan();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 8) break;
						message.start = longToNumber$1(reader.int64());
						continue;
					case 2:
						if (tag !== 16) break;
						message.end = longToNumber$1(reader.int64());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			start: isSet$2(object.start) ? globalThis.Number(object.start) : 0,
			end: isSet$2(object.end) ? globalThis.Number(object.end) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.start !== 0) obj.start = Math.round(message.start);
		if (message.end !== 0) obj.end = Math.round(message.end);
		return obj;
	},
	create(base) {
		return ByteSpan.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseByteSpan();
		message.start = object.start ?? 0;
		message.end = object.end ?? 0;
		return message;
	}
};
function createBaseAudioTask() {
	return {
		sidecar: void 0,
		command: void 0,
		timeoutSeconds: 0
	};
}
var AudioTask = {
	encode(message, writer = new BinaryWriter()) {
		if (message.sidecar !== void 0) ObjectInput.encode(message.sidecar, writer.uint32(10).fork()).join();
		if (message.command !== void 0) EncodeCommand.encode(message.command, writer.uint32(18).fork()).join();
		if (message.timeoutSeconds !== 0) writer.uint32(24).uint32(message.timeoutSeconds);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseAudioTask();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.sidecar = ObjectInput.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 18) break;
						message.command = EncodeCommand.decode(reader, reader.uint32());
						continue;
					case 3:
						if (tag !== 24) break;
						message.timeoutSeconds = reader.uint32();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			sidecar: isSet$2(object.sidecar) ? ObjectInput.fromJSON(object.sidecar) : void 0,
			command: isSet$2(object.command) ? EncodeCommand.fromJSON(object.command) : void 0,
			timeoutSeconds: isSet$2(object.timeoutSeconds) ? globalThis.Number(object.timeoutSeconds) : isSet$2(object.timeout_seconds) ? globalThis.Number(object.timeout_seconds) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.sidecar !== void 0) obj.sidecar = ObjectInput.toJSON(message.sidecar);
		if (message.command !== void 0) obj.command = EncodeCommand.toJSON(message.command);
		if (message.timeoutSeconds !== 0) obj.timeoutSeconds = Math.round(message.timeoutSeconds);
		return obj;
	},
	create(base) {
		return AudioTask.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseAudioTask();
		message.sidecar = object.sidecar !== void 0 && object.sidecar !== null ? ObjectInput.fromPartial(object.sidecar) : void 0;
		message.command = object.command !== void 0 && object.command !== null ? EncodeCommand.fromPartial(object.command) : void 0;
		message.timeoutSeconds = object.timeoutSeconds ?? 0;
		return message;
	}
};
function createBaseClipTask() {
	return {
		source: void 0,
		range: void 0,
		cut: void 0
	};
}
var ClipTask = {
	encode(message, writer = new BinaryWriter()) {
		if (message.source !== void 0) ObjectInput.encode(message.source, writer.uint32(10).fork()).join();
		if (message.range !== void 0) FrameRange.encode(message.range, writer.uint32(18).fork()).join();
		if (message.cut !== void 0) ClipCut.encode(message.cut, writer.uint32(26).fork()).join();
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseClipTask();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.source = ObjectInput.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 18) break;
						message.range = FrameRange.decode(reader, reader.uint32());
						continue;
					case 3:
						if (tag !== 26) break;
						message.cut = ClipCut.decode(reader, reader.uint32());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			source: isSet$2(object.source) ? ObjectInput.fromJSON(object.source) : void 0,
			range: isSet$2(object.range) ? FrameRange.fromJSON(object.range) : void 0,
			cut: isSet$2(object.cut) ? ClipCut.fromJSON(object.cut) : void 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.source !== void 0) obj.source = ObjectInput.toJSON(message.source);
		if (message.range !== void 0) obj.range = FrameRange.toJSON(message.range);
		if (message.cut !== void 0) obj.cut = ClipCut.toJSON(message.cut);
		return obj;
	},
	create(base) {
		return ClipTask.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseClipTask();
		message.source = object.source !== void 0 && object.source !== null ? ObjectInput.fromPartial(object.source) : void 0;
		message.range = object.range !== void 0 && object.range !== null ? FrameRange.fromPartial(object.range) : void 0;
		message.cut = object.cut !== void 0 && object.cut !== null ? ClipCut.fromPartial(object.cut) : void 0;
		return message;
	}
};
function createBaseMergeTask() {
	return {
		segments: [],
		index: void 0,
		sidecar: void 0,
		frameCount: 0,
		segmentFrames: [],
		container: "",
		restoreTimestamps: false,
		timeoutSeconds: 0,
		segmentInputs: [],
		segmentRates: [],
		audio: void 0
	};
}
var MergeTask = {
	encode(message, writer = new BinaryWriter()) {
		for (const v of message.segments) ObjectInput.encode(v, writer.uint32(10).fork()).join();
		if (message.index !== void 0) ObjectInput.encode(message.index, writer.uint32(18).fork()).join();
		if (message.sidecar !== void 0) ObjectInput.encode(message.sidecar, writer.uint32(26).fork()).join();
		if (message.frameCount !== 0) writer.uint32(32).uint32(message.frameCount);
		if (message.segmentFrames.length !== 0) {
			writer.uint32(42).fork();
			for (const v of message.segmentFrames) writer.uint32(v);
			writer.join();
		}
		if (message.container !== "") writer.uint32(50).string(message.container);
		if (message.restoreTimestamps !== false) writer.uint32(56).bool(message.restoreTimestamps);
		if (message.timeoutSeconds !== 0) writer.uint32(64).uint32(message.timeoutSeconds);
		if (message.segmentInputs.length !== 0) {
			writer.uint32(74).fork();
			for (const v of message.segmentInputs) writer.uint32(v);
			writer.join();
		}
		for (const v of message.segmentRates) Rational.encode(v, writer.uint32(82).fork()).join();
		if (message.audio !== void 0) ObjectInput.encode(message.audio, writer.uint32(90).fork()).join();
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseMergeTask();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.segments.push(ObjectInput.decode(reader, reader.uint32()));
						continue;
					case 2:
						if (tag !== 18) break;
						message.index = ObjectInput.decode(reader, reader.uint32());
						continue;
					case 3:
						if (tag !== 26) break;
						message.sidecar = ObjectInput.decode(reader, reader.uint32());
						continue;
					case 4:
						if (tag !== 32) break;
						message.frameCount = reader.uint32();
						continue;
					case 5:
						if (tag === 40) {
							message.segmentFrames.push(reader.uint32());
							continue;
						}
						if (tag === 42) {
							const end2 = reader.uint32() + reader.pos;
							while (reader.pos < end2) message.segmentFrames.push(reader.uint32());
							continue;
						}
						break;
					case 6:
						if (tag !== 50) break;
						message.container = reader.string();
						continue;
					case 7:
						if (tag !== 56) break;
						message.restoreTimestamps = reader.bool();
						continue;
					case 8:
						if (tag !== 64) break;
						message.timeoutSeconds = reader.uint32();
						continue;
					case 9:
						if (tag === 72) {
							message.segmentInputs.push(reader.uint32());
							continue;
						}
						if (tag === 74) {
							const end2 = reader.uint32() + reader.pos;
							while (reader.pos < end2) message.segmentInputs.push(reader.uint32());
							continue;
						}
						break;
					case 10:
						if (tag !== 82) break;
						message.segmentRates.push(Rational.decode(reader, reader.uint32()));
						continue;
					case 11:
						if (tag !== 90) break;
						message.audio = ObjectInput.decode(reader, reader.uint32());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			segments: globalThis.Array.isArray(object?.segments) ? object.segments.map((e) => ObjectInput.fromJSON(e)) : [],
			index: isSet$2(object.index) ? ObjectInput.fromJSON(object.index) : void 0,
			sidecar: isSet$2(object.sidecar) ? ObjectInput.fromJSON(object.sidecar) : void 0,
			frameCount: isSet$2(object.frameCount) ? globalThis.Number(object.frameCount) : isSet$2(object.frame_count) ? globalThis.Number(object.frame_count) : 0,
			segmentFrames: globalThis.Array.isArray(object?.segmentFrames) ? object.segmentFrames.map((e) => globalThis.Number(e)) : globalThis.Array.isArray(object?.segment_frames) ? object.segment_frames.map((e) => globalThis.Number(e)) : [],
			container: isSet$2(object.container) ? globalThis.String(object.container) : "",
			restoreTimestamps: isSet$2(object.restoreTimestamps) ? globalThis.Boolean(object.restoreTimestamps) : isSet$2(object.restore_timestamps) ? globalThis.Boolean(object.restore_timestamps) : false,
			timeoutSeconds: isSet$2(object.timeoutSeconds) ? globalThis.Number(object.timeoutSeconds) : isSet$2(object.timeout_seconds) ? globalThis.Number(object.timeout_seconds) : 0,
			segmentInputs: globalThis.Array.isArray(object?.segmentInputs) ? object.segmentInputs.map((e) => globalThis.Number(e)) : globalThis.Array.isArray(object?.segment_inputs) ? object.segment_inputs.map((e) => globalThis.Number(e)) : [],
			segmentRates: globalThis.Array.isArray(object?.segmentRates) ? object.segmentRates.map((e) => Rational.fromJSON(e)) : globalThis.Array.isArray(object?.segment_rates) ? object.segment_rates.map((e) => Rational.fromJSON(e)) : [],
			audio: isSet$2(object.audio) ? ObjectInput.fromJSON(object.audio) : void 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.segments?.length) obj.segments = message.segments.map((e) => ObjectInput.toJSON(e));
		if (message.index !== void 0) obj.index = ObjectInput.toJSON(message.index);
		if (message.sidecar !== void 0) obj.sidecar = ObjectInput.toJSON(message.sidecar);
		if (message.frameCount !== 0) obj.frameCount = Math.round(message.frameCount);
		if (message.segmentFrames?.length) obj.segmentFrames = message.segmentFrames.map((e) => Math.round(e));
		if (message.container !== "") obj.container = message.container;
		if (message.restoreTimestamps !== false) obj.restoreTimestamps = message.restoreTimestamps;
		if (message.timeoutSeconds !== 0) obj.timeoutSeconds = Math.round(message.timeoutSeconds);
		if (message.segmentInputs?.length) obj.segmentInputs = message.segmentInputs.map((e) => Math.round(e));
		if (message.segmentRates?.length) obj.segmentRates = message.segmentRates.map((e) => Rational.toJSON(e));
		if (message.audio !== void 0) obj.audio = ObjectInput.toJSON(message.audio);
		return obj;
	},
	create(base) {
		return MergeTask.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseMergeTask();
		message.segments = object.segments?.map((e) => ObjectInput.fromPartial(e)) || [];
		message.index = object.index !== void 0 && object.index !== null ? ObjectInput.fromPartial(object.index) : void 0;
		message.sidecar = object.sidecar !== void 0 && object.sidecar !== null ? ObjectInput.fromPartial(object.sidecar) : void 0;
		message.frameCount = object.frameCount ?? 0;
		message.segmentFrames = object.segmentFrames?.map((e) => e) || [];
		message.container = object.container ?? "";
		message.restoreTimestamps = object.restoreTimestamps ?? false;
		message.timeoutSeconds = object.timeoutSeconds ?? 0;
		message.segmentInputs = object.segmentInputs?.map((e) => e) || [];
		message.segmentRates = object.segmentRates?.map((e) => Rational.fromPartial(e)) || [];
		message.audio = object.audio !== void 0 && object.audio !== null ? ObjectInput.fromPartial(object.audio) : void 0;
		return message;
	}
};
function createBaseProbeTask() {
	return { source: void 0 };
}
var ProbeTask = {
	encode(message, writer = new BinaryWriter()) {
		if (message.source !== void 0) ObjectInput.encode(message.source, writer.uint32(10).fork()).join();
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseProbeTask();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.source = ObjectInput.decode(reader, reader.uint32());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return { source: isSet$2(object.source) ? ObjectInput.fromJSON(object.source) : void 0 };
	},
	toJSON(message) {
		const obj = {};
		if (message.source !== void 0) obj.source = ObjectInput.toJSON(message.source);
		return obj;
	},
	create(base) {
		return ProbeTask.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseProbeTask();
		message.source = object.source !== void 0 && object.source !== null ? ObjectInput.fromPartial(object.source) : void 0;
		return message;
	}
};
function createBaseMediaTask() {
	return {
		source: void 0,
		command: void 0,
		timeoutSeconds: 0,
		frameCount: 0,
		hasVideo: false
	};
}
var MediaTask = {
	encode(message, writer = new BinaryWriter()) {
		if (message.source !== void 0) ObjectInput.encode(message.source, writer.uint32(10).fork()).join();
		if (message.command !== void 0) EncodeCommand.encode(message.command, writer.uint32(18).fork()).join();
		if (message.timeoutSeconds !== 0) writer.uint32(24).uint32(message.timeoutSeconds);
		if (message.frameCount !== 0) writer.uint32(32).uint32(message.frameCount);
		if (message.hasVideo !== false) writer.uint32(40).bool(message.hasVideo);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseMediaTask();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.source = ObjectInput.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 18) break;
						message.command = EncodeCommand.decode(reader, reader.uint32());
						continue;
					case 3:
						if (tag !== 24) break;
						message.timeoutSeconds = reader.uint32();
						continue;
					case 4:
						if (tag !== 32) break;
						message.frameCount = reader.uint32();
						continue;
					case 5:
						if (tag !== 40) break;
						message.hasVideo = reader.bool();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			source: isSet$2(object.source) ? ObjectInput.fromJSON(object.source) : void 0,
			command: isSet$2(object.command) ? EncodeCommand.fromJSON(object.command) : void 0,
			timeoutSeconds: isSet$2(object.timeoutSeconds) ? globalThis.Number(object.timeoutSeconds) : isSet$2(object.timeout_seconds) ? globalThis.Number(object.timeout_seconds) : 0,
			frameCount: isSet$2(object.frameCount) ? globalThis.Number(object.frameCount) : isSet$2(object.frame_count) ? globalThis.Number(object.frame_count) : 0,
			hasVideo: isSet$2(object.hasVideo) ? globalThis.Boolean(object.hasVideo) : isSet$2(object.has_video) ? globalThis.Boolean(object.has_video) : false
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.source !== void 0) obj.source = ObjectInput.toJSON(message.source);
		if (message.command !== void 0) obj.command = EncodeCommand.toJSON(message.command);
		if (message.timeoutSeconds !== 0) obj.timeoutSeconds = Math.round(message.timeoutSeconds);
		if (message.frameCount !== 0) obj.frameCount = Math.round(message.frameCount);
		if (message.hasVideo !== false) obj.hasVideo = message.hasVideo;
		return obj;
	},
	create(base) {
		return MediaTask.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseMediaTask();
		message.source = object.source !== void 0 && object.source !== null ? ObjectInput.fromPartial(object.source) : void 0;
		message.command = object.command !== void 0 && object.command !== null ? EncodeCommand.fromPartial(object.command) : void 0;
		message.timeoutSeconds = object.timeoutSeconds ?? 0;
		message.frameCount = object.frameCount ?? 0;
		message.hasVideo = object.hasVideo ?? false;
		return message;
	}
};
function createBasePackageTask() {
	return {
		parts: void 0,
		starts: [],
		fileName: ""
	};
}
var PackageTask = {
	encode(message, writer = new BinaryWriter()) {
		if (message.parts !== void 0) MergeTask.encode(message.parts, writer.uint32(10).fork()).join();
		if (message.starts.length !== 0) {
			writer.uint32(18).fork();
			for (const v of message.starts) writer.uint32(v);
			writer.join();
		}
		if (message.fileName !== "") writer.uint32(26).string(message.fileName);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBasePackageTask();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.parts = MergeTask.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag === 16) {
							message.starts.push(reader.uint32());
							continue;
						}
						if (tag === 18) {
							const end2 = reader.uint32() + reader.pos;
							while (reader.pos < end2) message.starts.push(reader.uint32());
							continue;
						}
						break;
					case 3:
						if (tag !== 26) break;
						message.fileName = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			parts: isSet$2(object.parts) ? MergeTask.fromJSON(object.parts) : void 0,
			starts: globalThis.Array.isArray(object?.starts) ? object.starts.map((e) => globalThis.Number(e)) : [],
			fileName: isSet$2(object.fileName) ? globalThis.String(object.fileName) : isSet$2(object.file_name) ? globalThis.String(object.file_name) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.parts !== void 0) obj.parts = MergeTask.toJSON(message.parts);
		if (message.starts?.length) obj.starts = message.starts.map((e) => Math.round(e));
		if (message.fileName !== "") obj.fileName = message.fileName;
		return obj;
	},
	create(base) {
		return PackageTask.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBasePackageTask();
		message.parts = object.parts !== void 0 && object.parts !== null ? MergeTask.fromPartial(object.parts) : void 0;
		message.starts = object.starts?.map((e) => e) || [];
		message.fileName = object.fileName ?? "";
		return message;
	}
};
function createBaseTaskSpec() {
	return { kind: void 0 };
}
var TaskSpec = {
	encode(message, writer = new BinaryWriter()) {
		switch (message.kind?.$case) {
			case "index":
				IndexTask.encode(message.kind.value, writer.uint32(10).fork()).join();
				break;
			case "encode":
				EncodeTask.encode(message.kind.value, writer.uint32(18).fork()).join();
				break;
			case "audio":
				AudioTask.encode(message.kind.value, writer.uint32(26).fork()).join();
				break;
			case "merge":
				MergeTask.encode(message.kind.value, writer.uint32(34).fork()).join();
				break;
			case "clip":
				ClipTask.encode(message.kind.value, writer.uint32(42).fork()).join();
				break;
			case "probe":
				ProbeTask.encode(message.kind.value, writer.uint32(50).fork()).join();
				break;
			case "media":
				MediaTask.encode(message.kind.value, writer.uint32(58).fork()).join();
				break;
			case "package": PackageTask.encode(message.kind.value, writer.uint32(66).fork()).join();
		}
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseTaskSpec();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.kind = {
							$case: "index",
							value: IndexTask.decode(reader, reader.uint32())
						};
						continue;
					case 2:
						if (tag !== 18) break;
						message.kind = {
							$case: "encode",
							value: EncodeTask.decode(reader, reader.uint32())
						};
						continue;
					case 3:
						if (tag !== 26) break;
						message.kind = {
							$case: "audio",
							value: AudioTask.decode(reader, reader.uint32())
						};
						continue;
					case 4:
						if (tag !== 34) break;
						message.kind = {
							$case: "merge",
							value: MergeTask.decode(reader, reader.uint32())
						};
						continue;
					case 5:
						if (tag !== 42) break;
						message.kind = {
							$case: "clip",
							value: ClipTask.decode(reader, reader.uint32())
						};
						continue;
					case 6:
						if (tag !== 50) break;
						message.kind = {
							$case: "probe",
							value: ProbeTask.decode(reader, reader.uint32())
						};
						continue;
					case 7:
						if (tag !== 58) break;
						message.kind = {
							$case: "media",
							value: MediaTask.decode(reader, reader.uint32())
						};
						continue;
					case 8:
						if (tag !== 66) break;
						message.kind = {
							$case: "package",
							value: PackageTask.decode(reader, reader.uint32())
						};
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return { kind: isSet$2(object.index) ? {
			$case: "index",
			value: IndexTask.fromJSON(object.index)
		} : isSet$2(object.encode) ? {
			$case: "encode",
			value: EncodeTask.fromJSON(object.encode)
		} : isSet$2(object.audio) ? {
			$case: "audio",
			value: AudioTask.fromJSON(object.audio)
		} : isSet$2(object.merge) ? {
			$case: "merge",
			value: MergeTask.fromJSON(object.merge)
		} : isSet$2(object.clip) ? {
			$case: "clip",
			value: ClipTask.fromJSON(object.clip)
		} : isSet$2(object.probe) ? {
			$case: "probe",
			value: ProbeTask.fromJSON(object.probe)
		} : isSet$2(object.media) ? {
			$case: "media",
			value: MediaTask.fromJSON(object.media)
		} : isSet$2(object.package) ? {
			$case: "package",
			value: PackageTask.fromJSON(object.package)
		} : void 0 };
	},
	toJSON(message) {
		const obj = {};
		if (message.kind?.$case === "index") obj.index = IndexTask.toJSON(message.kind.value);
		else if (message.kind?.$case === "encode") obj.encode = EncodeTask.toJSON(message.kind.value);
		else if (message.kind?.$case === "audio") obj.audio = AudioTask.toJSON(message.kind.value);
		else if (message.kind?.$case === "merge") obj.merge = MergeTask.toJSON(message.kind.value);
		else if (message.kind?.$case === "clip") obj.clip = ClipTask.toJSON(message.kind.value);
		else if (message.kind?.$case === "probe") obj.probe = ProbeTask.toJSON(message.kind.value);
		else if (message.kind?.$case === "media") obj.media = MediaTask.toJSON(message.kind.value);
		else if (message.kind?.$case === "package") obj.package = PackageTask.toJSON(message.kind.value);
		return obj;
	},
	create(base) {
		return TaskSpec.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseTaskSpec();
		switch (object.kind?.$case) {
			case "index":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "index",
					value: IndexTask.fromPartial(object.kind.value)
				};
				break;
			case "encode":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "encode",
					value: EncodeTask.fromPartial(object.kind.value)
				};
				break;
			case "audio":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "audio",
					value: AudioTask.fromPartial(object.kind.value)
				};
				break;
			case "merge":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "merge",
					value: MergeTask.fromPartial(object.kind.value)
				};
				break;
			case "clip":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "clip",
					value: ClipTask.fromPartial(object.kind.value)
				};
				break;
			case "probe":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "probe",
					value: ProbeTask.fromPartial(object.kind.value)
				};
				break;
			case "media":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "media",
					value: MediaTask.fromPartial(object.kind.value)
				};
				break;
			case "package": if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
				$case: "package",
				value: PackageTask.fromPartial(object.kind.value)
			};
		}
		return message;
	}
};
function createBaseIndexResult() {
	return {
		frameCount: 0,
		durationSeconds: 0,
		format: void 0,
		hasSidecar: false,
		probeJson: ""
	};
}
var IndexResult = {
	encode(message, writer = new BinaryWriter()) {
		if (message.frameCount !== 0) writer.uint32(8).uint32(message.frameCount);
		if (message.durationSeconds !== 0) writer.uint32(17).double(message.durationSeconds);
		if (message.format !== void 0) VideoFormat.encode(message.format, writer.uint32(26).fork()).join();
		if (message.hasSidecar !== false) writer.uint32(32).bool(message.hasSidecar);
		if (message.probeJson !== "") writer.uint32(42).string(message.probeJson);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseIndexResult();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 8) break;
						message.frameCount = reader.uint32();
						continue;
					case 2:
						if (tag !== 17) break;
						message.durationSeconds = reader.double();
						continue;
					case 3:
						if (tag !== 26) break;
						message.format = VideoFormat.decode(reader, reader.uint32());
						continue;
					case 4:
						if (tag !== 32) break;
						message.hasSidecar = reader.bool();
						continue;
					case 5:
						if (tag !== 42) break;
						message.probeJson = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			frameCount: isSet$2(object.frameCount) ? globalThis.Number(object.frameCount) : isSet$2(object.frame_count) ? globalThis.Number(object.frame_count) : 0,
			durationSeconds: isSet$2(object.durationSeconds) ? globalThis.Number(object.durationSeconds) : isSet$2(object.duration_seconds) ? globalThis.Number(object.duration_seconds) : 0,
			format: isSet$2(object.format) ? VideoFormat.fromJSON(object.format) : void 0,
			hasSidecar: isSet$2(object.hasSidecar) ? globalThis.Boolean(object.hasSidecar) : isSet$2(object.has_sidecar) ? globalThis.Boolean(object.has_sidecar) : false,
			probeJson: isSet$2(object.probeJson) ? globalThis.String(object.probeJson) : isSet$2(object.probe_json) ? globalThis.String(object.probe_json) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.frameCount !== 0) obj.frameCount = Math.round(message.frameCount);
		if (message.durationSeconds !== 0) obj.durationSeconds = floatToJson$2(message.durationSeconds);
		if (message.format !== void 0) obj.format = VideoFormat.toJSON(message.format);
		if (message.hasSidecar !== false) obj.hasSidecar = message.hasSidecar;
		if (message.probeJson !== "") obj.probeJson = message.probeJson;
		return obj;
	},
	create(base) {
		return IndexResult.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseIndexResult();
		message.frameCount = object.frameCount ?? 0;
		message.durationSeconds = object.durationSeconds ?? 0;
		message.format = object.format !== void 0 && object.format !== null ? VideoFormat.fromPartial(object.format) : void 0;
		message.hasSidecar = object.hasSidecar ?? false;
		message.probeJson = object.probeJson ?? "";
		return message;
	}
};
function createBaseEncodeResult() {
	return {
		frameCount: 0,
		inputFrames: 0,
		format: void 0,
		encodeSeconds: 0,
		extradataSha256: "",
		fetchedBytes: 0,
		outputRate: void 0,
		resumedFrames: 0
	};
}
var EncodeResult = {
	encode(message, writer = new BinaryWriter()) {
		if (message.frameCount !== 0) writer.uint32(8).uint32(message.frameCount);
		if (message.inputFrames !== 0) writer.uint32(16).uint32(message.inputFrames);
		if (message.format !== void 0) VideoFormat.encode(message.format, writer.uint32(26).fork()).join();
		if (message.encodeSeconds !== 0) writer.uint32(33).double(message.encodeSeconds);
		if (message.extradataSha256 !== "") writer.uint32(42).string(message.extradataSha256);
		if (message.fetchedBytes !== 0) writer.uint32(48).int64(message.fetchedBytes);
		if (message.outputRate !== void 0) Rational.encode(message.outputRate, writer.uint32(58).fork()).join();
		if (message.resumedFrames !== 0) writer.uint32(64).uint32(message.resumedFrames);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseEncodeResult();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 8) break;
						message.frameCount = reader.uint32();
						continue;
					case 2:
						if (tag !== 16) break;
						message.inputFrames = reader.uint32();
						continue;
					case 3:
						if (tag !== 26) break;
						message.format = VideoFormat.decode(reader, reader.uint32());
						continue;
					case 4:
						if (tag !== 33) break;
						message.encodeSeconds = reader.double();
						continue;
					case 5:
						if (tag !== 42) break;
						message.extradataSha256 = reader.string();
						continue;
					case 6:
						if (tag !== 48) break;
						message.fetchedBytes = longToNumber$1(reader.int64());
						continue;
					case 7:
						if (tag !== 58) break;
						message.outputRate = Rational.decode(reader, reader.uint32());
						continue;
					case 8:
						if (tag !== 64) break;
						message.resumedFrames = reader.uint32();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			frameCount: isSet$2(object.frameCount) ? globalThis.Number(object.frameCount) : isSet$2(object.frame_count) ? globalThis.Number(object.frame_count) : 0,
			inputFrames: isSet$2(object.inputFrames) ? globalThis.Number(object.inputFrames) : isSet$2(object.input_frames) ? globalThis.Number(object.input_frames) : 0,
			format: isSet$2(object.format) ? VideoFormat.fromJSON(object.format) : void 0,
			encodeSeconds: isSet$2(object.encodeSeconds) ? globalThis.Number(object.encodeSeconds) : isSet$2(object.encode_seconds) ? globalThis.Number(object.encode_seconds) : 0,
			extradataSha256: isSet$2(object.extradataSha256) ? globalThis.String(object.extradataSha256) : isSet$2(object.extradata_sha256) ? globalThis.String(object.extradata_sha256) : "",
			fetchedBytes: isSet$2(object.fetchedBytes) ? globalThis.Number(object.fetchedBytes) : isSet$2(object.fetched_bytes) ? globalThis.Number(object.fetched_bytes) : 0,
			outputRate: isSet$2(object.outputRate) ? Rational.fromJSON(object.outputRate) : isSet$2(object.output_rate) ? Rational.fromJSON(object.output_rate) : void 0,
			resumedFrames: isSet$2(object.resumedFrames) ? globalThis.Number(object.resumedFrames) : isSet$2(object.resumed_frames) ? globalThis.Number(object.resumed_frames) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.frameCount !== 0) obj.frameCount = Math.round(message.frameCount);
		if (message.inputFrames !== 0) obj.inputFrames = Math.round(message.inputFrames);
		if (message.format !== void 0) obj.format = VideoFormat.toJSON(message.format);
		if (message.encodeSeconds !== 0) obj.encodeSeconds = floatToJson$2(message.encodeSeconds);
		if (message.extradataSha256 !== "") obj.extradataSha256 = message.extradataSha256;
		if (message.fetchedBytes !== 0) obj.fetchedBytes = Math.round(message.fetchedBytes);
		if (message.outputRate !== void 0) obj.outputRate = Rational.toJSON(message.outputRate);
		if (message.resumedFrames !== 0) obj.resumedFrames = Math.round(message.resumedFrames);
		return obj;
	},
	create(base) {
		return EncodeResult.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseEncodeResult();
		message.frameCount = object.frameCount ?? 0;
		message.inputFrames = object.inputFrames ?? 0;
		message.format = object.format !== void 0 && object.format !== null ? VideoFormat.fromPartial(object.format) : void 0;
		message.encodeSeconds = object.encodeSeconds ?? 0;
		message.extradataSha256 = object.extradataSha256 ?? "";
		message.fetchedBytes = object.fetchedBytes ?? 0;
		message.outputRate = object.outputRate !== void 0 && object.outputRate !== null ? Rational.fromPartial(object.outputRate) : void 0;
		message.resumedFrames = object.resumedFrames ?? 0;
		return message;
	}
};
function createBaseAudioResult() {
	return { durationSeconds: 0 };
}
var AudioResult = {
	encode(message, writer = new BinaryWriter()) {
		if (message.durationSeconds !== 0) writer.uint32(9).double(message.durationSeconds);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseAudioResult();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 9) break;
						message.durationSeconds = reader.double();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return { durationSeconds: isSet$2(object.durationSeconds) ? globalThis.Number(object.durationSeconds) : isSet$2(object.duration_seconds) ? globalThis.Number(object.duration_seconds) : 0 };
	},
	toJSON(message) {
		const obj = {};
		if (message.durationSeconds !== 0) obj.durationSeconds = floatToJson$2(message.durationSeconds);
		return obj;
	},
	create(base) {
		return AudioResult.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseAudioResult();
		message.durationSeconds = object.durationSeconds ?? 0;
		return message;
	}
};
function createBaseMergeResult() {
	return {
		frameCount: 0,
		durationSeconds: 0,
		format: void 0
	};
}
var MergeResult = {
	encode(message, writer = new BinaryWriter()) {
		if (message.frameCount !== 0) writer.uint32(8).uint32(message.frameCount);
		if (message.durationSeconds !== 0) writer.uint32(17).double(message.durationSeconds);
		if (message.format !== void 0) VideoFormat.encode(message.format, writer.uint32(26).fork()).join();
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseMergeResult();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 8) break;
						message.frameCount = reader.uint32();
						continue;
					case 2:
						if (tag !== 17) break;
						message.durationSeconds = reader.double();
						continue;
					case 3:
						if (tag !== 26) break;
						message.format = VideoFormat.decode(reader, reader.uint32());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			frameCount: isSet$2(object.frameCount) ? globalThis.Number(object.frameCount) : isSet$2(object.frame_count) ? globalThis.Number(object.frame_count) : 0,
			durationSeconds: isSet$2(object.durationSeconds) ? globalThis.Number(object.durationSeconds) : isSet$2(object.duration_seconds) ? globalThis.Number(object.duration_seconds) : 0,
			format: isSet$2(object.format) ? VideoFormat.fromJSON(object.format) : void 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.frameCount !== 0) obj.frameCount = Math.round(message.frameCount);
		if (message.durationSeconds !== 0) obj.durationSeconds = floatToJson$2(message.durationSeconds);
		if (message.format !== void 0) obj.format = VideoFormat.toJSON(message.format);
		return obj;
	},
	create(base) {
		return MergeResult.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseMergeResult();
		message.frameCount = object.frameCount ?? 0;
		message.durationSeconds = object.durationSeconds ?? 0;
		message.format = object.format !== void 0 && object.format !== null ? VideoFormat.fromPartial(object.format) : void 0;
		return message;
	}
};
function createBaseClipResult() {
	return { frameCount: 0 };
}
var ClipResult = {
	encode(message, writer = new BinaryWriter()) {
		if (message.frameCount !== 0) writer.uint32(8).uint32(message.frameCount);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseClipResult();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 8) break;
						message.frameCount = reader.uint32();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return { frameCount: isSet$2(object.frameCount) ? globalThis.Number(object.frameCount) : isSet$2(object.frame_count) ? globalThis.Number(object.frame_count) : 0 };
	},
	toJSON(message) {
		const obj = {};
		if (message.frameCount !== 0) obj.frameCount = Math.round(message.frameCount);
		return obj;
	},
	create(base) {
		return ClipResult.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseClipResult();
		message.frameCount = object.frameCount ?? 0;
		return message;
	}
};
function createBaseProbeResult() {
	return {
		probeJson: "",
		durationSeconds: 0,
		frameCount: 0,
		hasVideo: false
	};
}
var ProbeResult = {
	encode(message, writer = new BinaryWriter()) {
		if (message.probeJson !== "") writer.uint32(10).string(message.probeJson);
		if (message.durationSeconds !== 0) writer.uint32(17).double(message.durationSeconds);
		if (message.frameCount !== 0) writer.uint32(24).uint32(message.frameCount);
		if (message.hasVideo !== false) writer.uint32(32).bool(message.hasVideo);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseProbeResult();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.probeJson = reader.string();
						continue;
					case 2:
						if (tag !== 17) break;
						message.durationSeconds = reader.double();
						continue;
					case 3:
						if (tag !== 24) break;
						message.frameCount = reader.uint32();
						continue;
					case 4:
						if (tag !== 32) break;
						message.hasVideo = reader.bool();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			probeJson: isSet$2(object.probeJson) ? globalThis.String(object.probeJson) : isSet$2(object.probe_json) ? globalThis.String(object.probe_json) : "",
			durationSeconds: isSet$2(object.durationSeconds) ? globalThis.Number(object.durationSeconds) : isSet$2(object.duration_seconds) ? globalThis.Number(object.duration_seconds) : 0,
			frameCount: isSet$2(object.frameCount) ? globalThis.Number(object.frameCount) : isSet$2(object.frame_count) ? globalThis.Number(object.frame_count) : 0,
			hasVideo: isSet$2(object.hasVideo) ? globalThis.Boolean(object.hasVideo) : isSet$2(object.has_video) ? globalThis.Boolean(object.has_video) : false
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.probeJson !== "") obj.probeJson = message.probeJson;
		if (message.durationSeconds !== 0) obj.durationSeconds = floatToJson$2(message.durationSeconds);
		if (message.frameCount !== 0) obj.frameCount = Math.round(message.frameCount);
		if (message.hasVideo !== false) obj.hasVideo = message.hasVideo;
		return obj;
	},
	create(base) {
		return ProbeResult.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseProbeResult();
		message.probeJson = object.probeJson ?? "";
		message.durationSeconds = object.durationSeconds ?? 0;
		message.frameCount = object.frameCount ?? 0;
		message.hasVideo = object.hasVideo ?? false;
		return message;
	}
};
function createBaseMediaResult() {
	return {
		frameCount: 0,
		durationSeconds: 0,
		encodeSeconds: 0
	};
}
var MediaResult = {
	encode(message, writer = new BinaryWriter()) {
		if (message.frameCount !== 0) writer.uint32(8).uint32(message.frameCount);
		if (message.durationSeconds !== 0) writer.uint32(17).double(message.durationSeconds);
		if (message.encodeSeconds !== 0) writer.uint32(25).double(message.encodeSeconds);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseMediaResult();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 8) break;
						message.frameCount = reader.uint32();
						continue;
					case 2:
						if (tag !== 17) break;
						message.durationSeconds = reader.double();
						continue;
					case 3:
						if (tag !== 25) break;
						message.encodeSeconds = reader.double();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			frameCount: isSet$2(object.frameCount) ? globalThis.Number(object.frameCount) : isSet$2(object.frame_count) ? globalThis.Number(object.frame_count) : 0,
			durationSeconds: isSet$2(object.durationSeconds) ? globalThis.Number(object.durationSeconds) : isSet$2(object.duration_seconds) ? globalThis.Number(object.duration_seconds) : 0,
			encodeSeconds: isSet$2(object.encodeSeconds) ? globalThis.Number(object.encodeSeconds) : isSet$2(object.encode_seconds) ? globalThis.Number(object.encode_seconds) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.frameCount !== 0) obj.frameCount = Math.round(message.frameCount);
		if (message.durationSeconds !== 0) obj.durationSeconds = floatToJson$2(message.durationSeconds);
		if (message.encodeSeconds !== 0) obj.encodeSeconds = floatToJson$2(message.encodeSeconds);
		return obj;
	},
	create(base) {
		return MediaResult.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseMediaResult();
		message.frameCount = object.frameCount ?? 0;
		message.durationSeconds = object.durationSeconds ?? 0;
		message.encodeSeconds = object.encodeSeconds ?? 0;
		return message;
	}
};
function createBasePackagedFile() {
	return {
		name: "",
		durationUs: 0,
		sizeBytes: 0
	};
}
var PackagedFile = {
	encode(message, writer = new BinaryWriter()) {
		if (message.name !== "") writer.uint32(10).string(message.name);
		if (message.durationUs !== 0) writer.uint32(16).int64(message.durationUs);
		if (message.sizeBytes !== 0) writer.uint32(24).int64(message.sizeBytes);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBasePackagedFile();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.name = reader.string();
						continue;
					case 2:
						if (tag !== 16) break;
						message.durationUs = longToNumber$1(reader.int64());
						continue;
					case 3:
						if (tag !== 24) break;
						message.sizeBytes = longToNumber$1(reader.int64());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			name: isSet$2(object.name) ? globalThis.String(object.name) : "",
			durationUs: isSet$2(object.durationUs) ? globalThis.Number(object.durationUs) : isSet$2(object.duration_us) ? globalThis.Number(object.duration_us) : 0,
			sizeBytes: isSet$2(object.sizeBytes) ? globalThis.Number(object.sizeBytes) : isSet$2(object.size_bytes) ? globalThis.Number(object.size_bytes) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.name !== "") obj.name = message.name;
		if (message.durationUs !== 0) obj.durationUs = Math.round(message.durationUs);
		if (message.sizeBytes !== 0) obj.sizeBytes = Math.round(message.sizeBytes);
		return obj;
	},
	create(base) {
		return PackagedFile.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBasePackagedFile();
		message.name = object.name ?? "";
		message.durationUs = object.durationUs ?? 0;
		message.sizeBytes = object.sizeBytes ?? 0;
		return message;
	}
};
function createBasePackageResult() {
	return {
		files: [],
		frameCount: 0,
		durationSeconds: 0,
		format: void 0,
		codecs: "",
		peakBandwidth: 0,
		averageBandwidth: 0,
		frameRate: void 0,
		targetSeconds: 0
	};
}
var PackageResult = {
	encode(message, writer = new BinaryWriter()) {
		for (const v of message.files) PackagedFile.encode(v, writer.uint32(10).fork()).join();
		if (message.frameCount !== 0) writer.uint32(16).uint32(message.frameCount);
		if (message.durationSeconds !== 0) writer.uint32(25).double(message.durationSeconds);
		if (message.format !== void 0) VideoFormat.encode(message.format, writer.uint32(34).fork()).join();
		if (message.codecs !== "") writer.uint32(42).string(message.codecs);
		if (message.peakBandwidth !== 0) writer.uint32(48).int64(message.peakBandwidth);
		if (message.averageBandwidth !== 0) writer.uint32(56).int64(message.averageBandwidth);
		if (message.frameRate !== void 0) Rational.encode(message.frameRate, writer.uint32(66).fork()).join();
		if (message.targetSeconds !== 0) writer.uint32(72).uint32(message.targetSeconds);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBasePackageResult();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.files.push(PackagedFile.decode(reader, reader.uint32()));
						continue;
					case 2:
						if (tag !== 16) break;
						message.frameCount = reader.uint32();
						continue;
					case 3:
						if (tag !== 25) break;
						message.durationSeconds = reader.double();
						continue;
					case 4:
						if (tag !== 34) break;
						message.format = VideoFormat.decode(reader, reader.uint32());
						continue;
					case 5:
						if (tag !== 42) break;
						message.codecs = reader.string();
						continue;
					case 6:
						if (tag !== 48) break;
						message.peakBandwidth = longToNumber$1(reader.int64());
						continue;
					case 7:
						if (tag !== 56) break;
						message.averageBandwidth = longToNumber$1(reader.int64());
						continue;
					case 8:
						if (tag !== 66) break;
						message.frameRate = Rational.decode(reader, reader.uint32());
						continue;
					case 9:
						if (tag !== 72) break;
						message.targetSeconds = reader.uint32();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			files: globalThis.Array.isArray(object?.files) ? object.files.map((e) => PackagedFile.fromJSON(e)) : [],
			frameCount: isSet$2(object.frameCount) ? globalThis.Number(object.frameCount) : isSet$2(object.frame_count) ? globalThis.Number(object.frame_count) : 0,
			durationSeconds: isSet$2(object.durationSeconds) ? globalThis.Number(object.durationSeconds) : isSet$2(object.duration_seconds) ? globalThis.Number(object.duration_seconds) : 0,
			format: isSet$2(object.format) ? VideoFormat.fromJSON(object.format) : void 0,
			codecs: isSet$2(object.codecs) ? globalThis.String(object.codecs) : "",
			peakBandwidth: isSet$2(object.peakBandwidth) ? globalThis.Number(object.peakBandwidth) : isSet$2(object.peak_bandwidth) ? globalThis.Number(object.peak_bandwidth) : 0,
			averageBandwidth: isSet$2(object.averageBandwidth) ? globalThis.Number(object.averageBandwidth) : isSet$2(object.average_bandwidth) ? globalThis.Number(object.average_bandwidth) : 0,
			frameRate: isSet$2(object.frameRate) ? Rational.fromJSON(object.frameRate) : isSet$2(object.frame_rate) ? Rational.fromJSON(object.frame_rate) : void 0,
			targetSeconds: isSet$2(object.targetSeconds) ? globalThis.Number(object.targetSeconds) : isSet$2(object.target_seconds) ? globalThis.Number(object.target_seconds) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.files?.length) obj.files = message.files.map((e) => PackagedFile.toJSON(e));
		if (message.frameCount !== 0) obj.frameCount = Math.round(message.frameCount);
		if (message.durationSeconds !== 0) obj.durationSeconds = floatToJson$2(message.durationSeconds);
		if (message.format !== void 0) obj.format = VideoFormat.toJSON(message.format);
		if (message.codecs !== "") obj.codecs = message.codecs;
		if (message.peakBandwidth !== 0) obj.peakBandwidth = Math.round(message.peakBandwidth);
		if (message.averageBandwidth !== 0) obj.averageBandwidth = Math.round(message.averageBandwidth);
		if (message.frameRate !== void 0) obj.frameRate = Rational.toJSON(message.frameRate);
		if (message.targetSeconds !== 0) obj.targetSeconds = Math.round(message.targetSeconds);
		return obj;
	},
	create(base) {
		return PackageResult.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBasePackageResult();
		message.files = object.files?.map((e) => PackagedFile.fromPartial(e)) || [];
		message.frameCount = object.frameCount ?? 0;
		message.durationSeconds = object.durationSeconds ?? 0;
		message.format = object.format !== void 0 && object.format !== null ? VideoFormat.fromPartial(object.format) : void 0;
		message.codecs = object.codecs ?? "";
		message.peakBandwidth = object.peakBandwidth ?? 0;
		message.averageBandwidth = object.averageBandwidth ?? 0;
		message.frameRate = object.frameRate !== void 0 && object.frameRate !== null ? Rational.fromPartial(object.frameRate) : void 0;
		message.targetSeconds = object.targetSeconds ?? 0;
		return message;
	}
};
function createBaseTaskResult() {
	return { kind: void 0 };
}
var TaskResult = {
	encode(message, writer = new BinaryWriter()) {
		switch (message.kind?.$case) {
			case "index":
				IndexResult.encode(message.kind.value, writer.uint32(10).fork()).join();
				break;
			case "encode":
				EncodeResult.encode(message.kind.value, writer.uint32(18).fork()).join();
				break;
			case "audio":
				AudioResult.encode(message.kind.value, writer.uint32(26).fork()).join();
				break;
			case "merge":
				MergeResult.encode(message.kind.value, writer.uint32(34).fork()).join();
				break;
			case "clip":
				ClipResult.encode(message.kind.value, writer.uint32(42).fork()).join();
				break;
			case "probe":
				ProbeResult.encode(message.kind.value, writer.uint32(50).fork()).join();
				break;
			case "media":
				MediaResult.encode(message.kind.value, writer.uint32(58).fork()).join();
				break;
			case "package": PackageResult.encode(message.kind.value, writer.uint32(66).fork()).join();
		}
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseTaskResult();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.kind = {
							$case: "index",
							value: IndexResult.decode(reader, reader.uint32())
						};
						continue;
					case 2:
						if (tag !== 18) break;
						message.kind = {
							$case: "encode",
							value: EncodeResult.decode(reader, reader.uint32())
						};
						continue;
					case 3:
						if (tag !== 26) break;
						message.kind = {
							$case: "audio",
							value: AudioResult.decode(reader, reader.uint32())
						};
						continue;
					case 4:
						if (tag !== 34) break;
						message.kind = {
							$case: "merge",
							value: MergeResult.decode(reader, reader.uint32())
						};
						continue;
					case 5:
						if (tag !== 42) break;
						message.kind = {
							$case: "clip",
							value: ClipResult.decode(reader, reader.uint32())
						};
						continue;
					case 6:
						if (tag !== 50) break;
						message.kind = {
							$case: "probe",
							value: ProbeResult.decode(reader, reader.uint32())
						};
						continue;
					case 7:
						if (tag !== 58) break;
						message.kind = {
							$case: "media",
							value: MediaResult.decode(reader, reader.uint32())
						};
						continue;
					case 8:
						if (tag !== 66) break;
						message.kind = {
							$case: "package",
							value: PackageResult.decode(reader, reader.uint32())
						};
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return { kind: isSet$2(object.index) ? {
			$case: "index",
			value: IndexResult.fromJSON(object.index)
		} : isSet$2(object.encode) ? {
			$case: "encode",
			value: EncodeResult.fromJSON(object.encode)
		} : isSet$2(object.audio) ? {
			$case: "audio",
			value: AudioResult.fromJSON(object.audio)
		} : isSet$2(object.merge) ? {
			$case: "merge",
			value: MergeResult.fromJSON(object.merge)
		} : isSet$2(object.clip) ? {
			$case: "clip",
			value: ClipResult.fromJSON(object.clip)
		} : isSet$2(object.probe) ? {
			$case: "probe",
			value: ProbeResult.fromJSON(object.probe)
		} : isSet$2(object.media) ? {
			$case: "media",
			value: MediaResult.fromJSON(object.media)
		} : isSet$2(object.package) ? {
			$case: "package",
			value: PackageResult.fromJSON(object.package)
		} : void 0 };
	},
	toJSON(message) {
		const obj = {};
		if (message.kind?.$case === "index") obj.index = IndexResult.toJSON(message.kind.value);
		else if (message.kind?.$case === "encode") obj.encode = EncodeResult.toJSON(message.kind.value);
		else if (message.kind?.$case === "audio") obj.audio = AudioResult.toJSON(message.kind.value);
		else if (message.kind?.$case === "merge") obj.merge = MergeResult.toJSON(message.kind.value);
		else if (message.kind?.$case === "clip") obj.clip = ClipResult.toJSON(message.kind.value);
		else if (message.kind?.$case === "probe") obj.probe = ProbeResult.toJSON(message.kind.value);
		else if (message.kind?.$case === "media") obj.media = MediaResult.toJSON(message.kind.value);
		else if (message.kind?.$case === "package") obj.package = PackageResult.toJSON(message.kind.value);
		return obj;
	},
	create(base) {
		return TaskResult.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseTaskResult();
		switch (object.kind?.$case) {
			case "index":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "index",
					value: IndexResult.fromPartial(object.kind.value)
				};
				break;
			case "encode":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "encode",
					value: EncodeResult.fromPartial(object.kind.value)
				};
				break;
			case "audio":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "audio",
					value: AudioResult.fromPartial(object.kind.value)
				};
				break;
			case "merge":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "merge",
					value: MergeResult.fromPartial(object.kind.value)
				};
				break;
			case "clip":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "clip",
					value: ClipResult.fromPartial(object.kind.value)
				};
				break;
			case "probe":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "probe",
					value: ProbeResult.fromPartial(object.kind.value)
				};
				break;
			case "media":
				if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
					$case: "media",
					value: MediaResult.fromPartial(object.kind.value)
				};
				break;
			case "package": if (object.kind?.value !== void 0 && object.kind?.value !== null) message.kind = {
				$case: "package",
				value: PackageResult.fromPartial(object.kind.value)
			};
		}
		return message;
	}
};
function floatToJson$2(value) {
	return typeof value === "number" && !globalThis.Number.isFinite(value) ? globalThis.String(value) : value;
}
function longToNumber$1(int64) {
	const num = globalThis.Number(int64.toString());
	if (num > globalThis.Number.MAX_SAFE_INTEGER) throw new globalThis.Error("Value is larger than Number.MAX_SAFE_INTEGER");
	if (num < globalThis.Number.MIN_SAFE_INTEGER) throw new globalThis.Error("Value is smaller than Number.MIN_SAFE_INTEGER");
	return num;
}
function isSet$2(value) {
	return value !== null && value !== void 0;
}
// shared/gen/clipgrid/v1/lease.ts
function createBaseFence() {
	return {
		taskId: "",
		epoch: 0,
		leaseId: ""
	};
}
var Fence = {
	encode(message, writer = new BinaryWriter()) {
		if (message.taskId !== "") writer.uint32(10).string(message.taskId);
		if (message.epoch !== 0) writer.uint32(16).uint32(message.epoch);
		if (message.leaseId !== "") writer.uint32(26).string(message.leaseId);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseFence();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.taskId = reader.string();
						continue;
					case 2:
						if (tag !== 16) break;
						message.epoch = reader.uint32();
						continue;
					case 3:
						if (tag !== 26) break;
						message.leaseId = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			taskId: isSet$1(object.taskId) ? globalThis.String(object.taskId) : isSet$1(object.task_id) ? globalThis.String(object.task_id) : "",
			epoch: isSet$1(object.epoch) ? globalThis.Number(object.epoch) : 0,
			leaseId: isSet$1(object.leaseId) ? globalThis.String(object.leaseId) : isSet$1(object.lease_id) ? globalThis.String(object.lease_id) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.taskId !== "") obj.taskId = message.taskId;
		if (message.epoch !== 0) obj.epoch = Math.round(message.epoch);
		if (message.leaseId !== "") obj.leaseId = message.leaseId;
		return obj;
	},
	create(base) {
		return Fence.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseFence();
		message.taskId = object.taskId ?? "";
		message.epoch = object.epoch ?? 0;
		message.leaseId = object.leaseId ?? "";
		return message;
	}
};
function createBaseLeaseGrant() {
	return {
		fence: void 0,
		jobId: "",
		spec: void 0,
		ttlMs: 0,
		traceparent: ""
	};
}
var LeaseGrant = {
	encode(message, writer = new BinaryWriter()) {
		if (message.fence !== void 0) Fence.encode(message.fence, writer.uint32(10).fork()).join();
		if (message.jobId !== "") writer.uint32(18).string(message.jobId);
		if (message.spec !== void 0) TaskSpec.encode(message.spec, writer.uint32(26).fork()).join();
		if (message.ttlMs !== 0) writer.uint32(32).uint32(message.ttlMs);
		if (message.traceparent !== "") writer.uint32(42).string(message.traceparent);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseLeaseGrant();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.fence = Fence.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 18) break;
						message.jobId = reader.string();
						continue;
					case 3:
						if (tag !== 26) break;
						message.spec = TaskSpec.decode(reader, reader.uint32());
						continue;
					case 4:
						if (tag !== 32) break;
						message.ttlMs = reader.uint32();
						continue;
					case 5:
						if (tag !== 42) break;
						message.traceparent = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			fence: isSet$1(object.fence) ? Fence.fromJSON(object.fence) : void 0,
			jobId: isSet$1(object.jobId) ? globalThis.String(object.jobId) : isSet$1(object.job_id) ? globalThis.String(object.job_id) : "",
			spec: isSet$1(object.spec) ? TaskSpec.fromJSON(object.spec) : void 0,
			ttlMs: isSet$1(object.ttlMs) ? globalThis.Number(object.ttlMs) : isSet$1(object.ttl_ms) ? globalThis.Number(object.ttl_ms) : 0,
			traceparent: isSet$1(object.traceparent) ? globalThis.String(object.traceparent) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.fence !== void 0) obj.fence = Fence.toJSON(message.fence);
		if (message.jobId !== "") obj.jobId = message.jobId;
		if (message.spec !== void 0) obj.spec = TaskSpec.toJSON(message.spec);
		if (message.ttlMs !== 0) obj.ttlMs = Math.round(message.ttlMs);
		if (message.traceparent !== "") obj.traceparent = message.traceparent;
		return obj;
	},
	create(base) {
		return LeaseGrant.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseLeaseGrant();
		message.fence = object.fence !== void 0 && object.fence !== null ? Fence.fromPartial(object.fence) : void 0;
		message.jobId = object.jobId ?? "";
		message.spec = object.spec !== void 0 && object.spec !== null ? TaskSpec.fromPartial(object.spec) : void 0;
		message.ttlMs = object.ttlMs ?? 0;
		message.traceparent = object.traceparent ?? "";
		return message;
	}
};
function createBaseLeaseRevoke() {
	return {
		fence: void 0,
		reason: ""
	};
}
var LeaseRevoke = {
	encode(message, writer = new BinaryWriter()) {
		if (message.fence !== void 0) Fence.encode(message.fence, writer.uint32(10).fork()).join();
		if (message.reason !== "") writer.uint32(18).string(message.reason);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseLeaseRevoke();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.fence = Fence.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 18) break;
						message.reason = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			fence: isSet$1(object.fence) ? Fence.fromJSON(object.fence) : void 0,
			reason: isSet$1(object.reason) ? globalThis.String(object.reason) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.fence !== void 0) obj.fence = Fence.toJSON(message.fence);
		if (message.reason !== "") obj.reason = message.reason;
		return obj;
	},
	create(base) {
		return LeaseRevoke.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseLeaseRevoke();
		message.fence = object.fence !== void 0 && object.fence !== null ? Fence.fromPartial(object.fence) : void 0;
		message.reason = object.reason ?? "";
		return message;
	}
};
function createBaseLeaseRelease() {
	return {
		fence: void 0,
		reason: ""
	};
}
var LeaseRelease = {
	encode(message, writer = new BinaryWriter()) {
		if (message.fence !== void 0) Fence.encode(message.fence, writer.uint32(10).fork()).join();
		if (message.reason !== "") writer.uint32(18).string(message.reason);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseLeaseRelease();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.fence = Fence.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 18) break;
						message.reason = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			fence: isSet$1(object.fence) ? Fence.fromJSON(object.fence) : void 0,
			reason: isSet$1(object.reason) ? globalThis.String(object.reason) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.fence !== void 0) obj.fence = Fence.toJSON(message.fence);
		if (message.reason !== "") obj.reason = message.reason;
		return obj;
	},
	create(base) {
		return LeaseRelease.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseLeaseRelease();
		message.fence = object.fence !== void 0 && object.fence !== null ? Fence.fromPartial(object.fence) : void 0;
		message.reason = object.reason ?? "";
		return message;
	}
};
function createBaseLeaseProgress() {
	return {
		fence: void 0,
		framesDone: 0,
		framesTotal: 0,
		fps: 0,
		phase: "",
		logTail: "",
		speed: 0
	};
}
var LeaseProgress = {
	encode(message, writer = new BinaryWriter()) {
		if (message.fence !== void 0) Fence.encode(message.fence, writer.uint32(10).fork()).join();
		if (message.framesDone !== 0) writer.uint32(16).uint32(message.framesDone);
		if (message.framesTotal !== 0) writer.uint32(24).uint32(message.framesTotal);
		if (message.fps !== 0) writer.uint32(33).double(message.fps);
		if (message.phase !== "") writer.uint32(42).string(message.phase);
		if (message.logTail !== "") writer.uint32(50).string(message.logTail);
		if (message.speed !== 0) writer.uint32(57).double(message.speed);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseLeaseProgress();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.fence = Fence.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 16) break;
						message.framesDone = reader.uint32();
						continue;
					case 3:
						if (tag !== 24) break;
						message.framesTotal = reader.uint32();
						continue;
					case 4:
						if (tag !== 33) break;
						message.fps = reader.double();
						continue;
					case 5:
						if (tag !== 42) break;
						message.phase = reader.string();
						continue;
					case 6:
						if (tag !== 50) break;
						message.logTail = reader.string();
						continue;
					case 7:
						if (tag !== 57) break;
						message.speed = reader.double();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			fence: isSet$1(object.fence) ? Fence.fromJSON(object.fence) : void 0,
			framesDone: isSet$1(object.framesDone) ? globalThis.Number(object.framesDone) : isSet$1(object.frames_done) ? globalThis.Number(object.frames_done) : 0,
			framesTotal: isSet$1(object.framesTotal) ? globalThis.Number(object.framesTotal) : isSet$1(object.frames_total) ? globalThis.Number(object.frames_total) : 0,
			fps: isSet$1(object.fps) ? globalThis.Number(object.fps) : 0,
			phase: isSet$1(object.phase) ? globalThis.String(object.phase) : "",
			logTail: isSet$1(object.logTail) ? globalThis.String(object.logTail) : isSet$1(object.log_tail) ? globalThis.String(object.log_tail) : "",
			speed: isSet$1(object.speed) ? globalThis.Number(object.speed) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.fence !== void 0) obj.fence = Fence.toJSON(message.fence);
		if (message.framesDone !== 0) obj.framesDone = Math.round(message.framesDone);
		if (message.framesTotal !== 0) obj.framesTotal = Math.round(message.framesTotal);
		if (message.fps !== 0) obj.fps = floatToJson$1(message.fps);
		if (message.phase !== "") obj.phase = message.phase;
		if (message.logTail !== "") obj.logTail = message.logTail;
		if (message.speed !== 0) obj.speed = floatToJson$1(message.speed);
		return obj;
	},
	create(base) {
		return LeaseProgress.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseLeaseProgress();
		message.fence = object.fence !== void 0 && object.fence !== null ? Fence.fromPartial(object.fence) : void 0;
		message.framesDone = object.framesDone ?? 0;
		message.framesTotal = object.framesTotal ?? 0;
		message.fps = object.fps ?? 0;
		message.phase = object.phase ?? "";
		message.logTail = object.logTail ?? "";
		message.speed = object.speed ?? 0;
		return message;
	}
};
function createBaseUploadRequest() {
	return {
		fence: void 0,
		artifacts: []
	};
}
var UploadRequest = {
	encode(message, writer = new BinaryWriter()) {
		if (message.fence !== void 0) Fence.encode(message.fence, writer.uint32(10).fork()).join();
		for (const v of message.artifacts) Artifact.encode(v, writer.uint32(18).fork()).join();
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseUploadRequest();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.fence = Fence.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 18) break;
						message.artifacts.push(Artifact.decode(reader, reader.uint32()));
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			fence: isSet$1(object.fence) ? Fence.fromJSON(object.fence) : void 0,
			artifacts: globalThis.Array.isArray(object?.artifacts) ? object.artifacts.map((e) => Artifact.fromJSON(e)) : []
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.fence !== void 0) obj.fence = Fence.toJSON(message.fence);
		if (message.artifacts?.length) obj.artifacts = message.artifacts.map((e) => Artifact.toJSON(e));
		return obj;
	},
	create(base) {
		return UploadRequest.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseUploadRequest();
		message.fence = object.fence !== void 0 && object.fence !== null ? Fence.fromPartial(object.fence) : void 0;
		message.artifacts = object.artifacts?.map((e) => Artifact.fromPartial(e)) || [];
		return message;
	}
};
function createBaseUploadGrant() {
	return {
		fence: void 0,
		targets: [],
		error: "",
		retryable: false
	};
}
var UploadGrant = {
	encode(message, writer = new BinaryWriter()) {
		if (message.fence !== void 0) Fence.encode(message.fence, writer.uint32(10).fork()).join();
		for (const v of message.targets) UploadTarget.encode(v, writer.uint32(18).fork()).join();
		if (message.error !== "") writer.uint32(26).string(message.error);
		if (message.retryable !== false) writer.uint32(32).bool(message.retryable);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseUploadGrant();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.fence = Fence.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 18) break;
						message.targets.push(UploadTarget.decode(reader, reader.uint32()));
						continue;
					case 3:
						if (tag !== 26) break;
						message.error = reader.string();
						continue;
					case 4:
						if (tag !== 32) break;
						message.retryable = reader.bool();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			fence: isSet$1(object.fence) ? Fence.fromJSON(object.fence) : void 0,
			targets: globalThis.Array.isArray(object?.targets) ? object.targets.map((e) => UploadTarget.fromJSON(e)) : [],
			error: isSet$1(object.error) ? globalThis.String(object.error) : "",
			retryable: isSet$1(object.retryable) ? globalThis.Boolean(object.retryable) : false
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.fence !== void 0) obj.fence = Fence.toJSON(message.fence);
		if (message.targets?.length) obj.targets = message.targets.map((e) => UploadTarget.toJSON(e));
		if (message.error !== "") obj.error = message.error;
		if (message.retryable !== false) obj.retryable = message.retryable;
		return obj;
	},
	create(base) {
		return UploadGrant.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseUploadGrant();
		message.fence = object.fence !== void 0 && object.fence !== null ? Fence.fromPartial(object.fence) : void 0;
		message.targets = object.targets?.map((e) => UploadTarget.fromPartial(e)) || [];
		message.error = object.error ?? "";
		message.retryable = object.retryable ?? false;
		return message;
	}
};
function createBaseTaskComplete() {
	return {
		fence: void 0,
		artifacts: [],
		result: void 0,
		logTail: ""
	};
}
var TaskComplete = {
	encode(message, writer = new BinaryWriter()) {
		if (message.fence !== void 0) Fence.encode(message.fence, writer.uint32(10).fork()).join();
		for (const v of message.artifacts) Artifact.encode(v, writer.uint32(18).fork()).join();
		if (message.result !== void 0) TaskResult.encode(message.result, writer.uint32(26).fork()).join();
		if (message.logTail !== "") writer.uint32(34).string(message.logTail);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseTaskComplete();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.fence = Fence.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 18) break;
						message.artifacts.push(Artifact.decode(reader, reader.uint32()));
						continue;
					case 3:
						if (tag !== 26) break;
						message.result = TaskResult.decode(reader, reader.uint32());
						continue;
					case 4:
						if (tag !== 34) break;
						message.logTail = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			fence: isSet$1(object.fence) ? Fence.fromJSON(object.fence) : void 0,
			artifacts: globalThis.Array.isArray(object?.artifacts) ? object.artifacts.map((e) => Artifact.fromJSON(e)) : [],
			result: isSet$1(object.result) ? TaskResult.fromJSON(object.result) : void 0,
			logTail: isSet$1(object.logTail) ? globalThis.String(object.logTail) : isSet$1(object.log_tail) ? globalThis.String(object.log_tail) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.fence !== void 0) obj.fence = Fence.toJSON(message.fence);
		if (message.artifacts?.length) obj.artifacts = message.artifacts.map((e) => Artifact.toJSON(e));
		if (message.result !== void 0) obj.result = TaskResult.toJSON(message.result);
		if (message.logTail !== "") obj.logTail = message.logTail;
		return obj;
	},
	create(base) {
		return TaskComplete.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseTaskComplete();
		message.fence = object.fence !== void 0 && object.fence !== null ? Fence.fromPartial(object.fence) : void 0;
		message.artifacts = object.artifacts?.map((e) => Artifact.fromPartial(e)) || [];
		message.result = object.result !== void 0 && object.result !== null ? TaskResult.fromPartial(object.result) : void 0;
		message.logTail = object.logTail ?? "";
		return message;
	}
};
function createBaseTaskFailed() {
	return {
		fence: void 0,
		code: "",
		message: "",
		logTail: "",
		inputAtFault: false
	};
}
var TaskFailed = {
	encode(message, writer = new BinaryWriter()) {
		if (message.fence !== void 0) Fence.encode(message.fence, writer.uint32(10).fork()).join();
		if (message.code !== "") writer.uint32(18).string(message.code);
		if (message.message !== "") writer.uint32(26).string(message.message);
		if (message.logTail !== "") writer.uint32(34).string(message.logTail);
		if (message.inputAtFault !== false) writer.uint32(40).bool(message.inputAtFault);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseTaskFailed();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.fence = Fence.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 18) break;
						message.code = reader.string();
						continue;
					case 3:
						if (tag !== 26) break;
						message.message = reader.string();
						continue;
					case 4:
						if (tag !== 34) break;
						message.logTail = reader.string();
						continue;
					case 5:
						if (tag !== 40) break;
						message.inputAtFault = reader.bool();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			fence: isSet$1(object.fence) ? Fence.fromJSON(object.fence) : void 0,
			code: isSet$1(object.code) ? globalThis.String(object.code) : "",
			message: isSet$1(object.message) ? globalThis.String(object.message) : "",
			logTail: isSet$1(object.logTail) ? globalThis.String(object.logTail) : isSet$1(object.log_tail) ? globalThis.String(object.log_tail) : "",
			inputAtFault: isSet$1(object.inputAtFault) ? globalThis.Boolean(object.inputAtFault) : isSet$1(object.input_at_fault) ? globalThis.Boolean(object.input_at_fault) : false
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.fence !== void 0) obj.fence = Fence.toJSON(message.fence);
		if (message.code !== "") obj.code = message.code;
		if (message.message !== "") obj.message = message.message;
		if (message.logTail !== "") obj.logTail = message.logTail;
		if (message.inputAtFault !== false) obj.inputAtFault = message.inputAtFault;
		return obj;
	},
	create(base) {
		return TaskFailed.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseTaskFailed();
		message.fence = object.fence !== void 0 && object.fence !== null ? Fence.fromPartial(object.fence) : void 0;
		message.code = object.code ?? "";
		message.message = object.message ?? "";
		message.logTail = object.logTail ?? "";
		message.inputAtFault = object.inputAtFault ?? false;
		return message;
	}
};
function createBasePartComplete() {
	return {
		fence: void 0,
		artifact: void 0,
		frames: void 0,
		result: void 0
	};
}
var PartComplete = {
	encode(message, writer = new BinaryWriter()) {
		if (message.fence !== void 0) Fence.encode(message.fence, writer.uint32(10).fork()).join();
		if (message.artifact !== void 0) Artifact.encode(message.artifact, writer.uint32(18).fork()).join();
		if (message.frames !== void 0) FrameRange.encode(message.frames, writer.uint32(26).fork()).join();
		if (message.result !== void 0) EncodeResult.encode(message.result, writer.uint32(34).fork()).join();
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBasePartComplete();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.fence = Fence.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 18) break;
						message.artifact = Artifact.decode(reader, reader.uint32());
						continue;
					case 3:
						if (tag !== 26) break;
						message.frames = FrameRange.decode(reader, reader.uint32());
						continue;
					case 4:
						if (tag !== 34) break;
						message.result = EncodeResult.decode(reader, reader.uint32());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			fence: isSet$1(object.fence) ? Fence.fromJSON(object.fence) : void 0,
			artifact: isSet$1(object.artifact) ? Artifact.fromJSON(object.artifact) : void 0,
			frames: isSet$1(object.frames) ? FrameRange.fromJSON(object.frames) : void 0,
			result: isSet$1(object.result) ? EncodeResult.fromJSON(object.result) : void 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.fence !== void 0) obj.fence = Fence.toJSON(message.fence);
		if (message.artifact !== void 0) obj.artifact = Artifact.toJSON(message.artifact);
		if (message.frames !== void 0) obj.frames = FrameRange.toJSON(message.frames);
		if (message.result !== void 0) obj.result = EncodeResult.toJSON(message.result);
		return obj;
	},
	create(base) {
		return PartComplete.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBasePartComplete();
		message.fence = object.fence !== void 0 && object.fence !== null ? Fence.fromPartial(object.fence) : void 0;
		message.artifact = object.artifact !== void 0 && object.artifact !== null ? Artifact.fromPartial(object.artifact) : void 0;
		message.frames = object.frames !== void 0 && object.frames !== null ? FrameRange.fromPartial(object.frames) : void 0;
		message.result = object.result !== void 0 && object.result !== null ? EncodeResult.fromPartial(object.result) : void 0;
		return message;
	}
};
function createBaseCommitResult() {
	return {
		fence: void 0,
		committed: false,
		error: "",
		retryable: false
	};
}
var CommitResult = {
	encode(message, writer = new BinaryWriter()) {
		if (message.fence !== void 0) Fence.encode(message.fence, writer.uint32(10).fork()).join();
		if (message.committed !== false) writer.uint32(16).bool(message.committed);
		if (message.error !== "") writer.uint32(26).string(message.error);
		if (message.retryable !== false) writer.uint32(32).bool(message.retryable);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseCommitResult();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.fence = Fence.decode(reader, reader.uint32());
						continue;
					case 2:
						if (tag !== 16) break;
						message.committed = reader.bool();
						continue;
					case 3:
						if (tag !== 26) break;
						message.error = reader.string();
						continue;
					case 4:
						if (tag !== 32) break;
						message.retryable = reader.bool();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			fence: isSet$1(object.fence) ? Fence.fromJSON(object.fence) : void 0,
			committed: isSet$1(object.committed) ? globalThis.Boolean(object.committed) : false,
			error: isSet$1(object.error) ? globalThis.String(object.error) : "",
			retryable: isSet$1(object.retryable) ? globalThis.Boolean(object.retryable) : false
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.fence !== void 0) obj.fence = Fence.toJSON(message.fence);
		if (message.committed !== false) obj.committed = message.committed;
		if (message.error !== "") obj.error = message.error;
		if (message.retryable !== false) obj.retryable = message.retryable;
		return obj;
	},
	create(base) {
		return CommitResult.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseCommitResult();
		message.fence = object.fence !== void 0 && object.fence !== null ? Fence.fromPartial(object.fence) : void 0;
		message.committed = object.committed ?? false;
		message.error = object.error ?? "";
		message.retryable = object.retryable ?? false;
		return message;
	}
};
function floatToJson$1(value) {
	return typeof value === "number" && !globalThis.Number.isFinite(value) ? globalThis.String(value) : value;
}
function isSet$1(value) {
	return value !== null && value !== void 0;
}
// shared/gen/clipgrid/v1/session.ts
function createBaseEnrolRequest() {
	return {
		joinToken: "",
		publicKey: /* @__PURE__ */ new Uint8Array(0),
		name: ""
	};
}
var EnrolRequest = {
	encode(message, writer = new BinaryWriter()) {
		if (message.joinToken !== "") writer.uint32(10).string(message.joinToken);
		if (message.publicKey.length !== 0) writer.uint32(18).bytes(message.publicKey);
		if (message.name !== "") writer.uint32(26).string(message.name);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseEnrolRequest();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.joinToken = reader.string();
						continue;
					case 2:
						if (tag !== 18) break;
						message.publicKey = reader.bytes();
						continue;
					case 3:
						if (tag !== 26) break;
						message.name = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			joinToken: isSet(object.joinToken) ? globalThis.String(object.joinToken) : isSet(object.join_token) ? globalThis.String(object.join_token) : "",
			publicKey: isSet(object.publicKey) ? bytesFromBase64(object.publicKey) : isSet(object.public_key) ? bytesFromBase64(object.public_key) : /* @__PURE__ */ new Uint8Array(0),
			name: isSet(object.name) ? globalThis.String(object.name) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.joinToken !== "") obj.joinToken = message.joinToken;
		if (message.publicKey.length !== 0) obj.publicKey = base64FromBytes(message.publicKey);
		if (message.name !== "") obj.name = message.name;
		return obj;
	},
	create(base) {
		return EnrolRequest.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseEnrolRequest();
		message.joinToken = object.joinToken ?? "";
		message.publicKey = object.publicKey ?? /* @__PURE__ */ new Uint8Array(0);
		message.name = object.name ?? "";
		return message;
	}
};
function createBaseEnrolResponse() {
	return { agentId: "" };
}
var EnrolResponse = {
	encode(message, writer = new BinaryWriter()) {
		if (message.agentId !== "") writer.uint32(10).string(message.agentId);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseEnrolResponse();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.agentId = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return { agentId: isSet(object.agentId) ? globalThis.String(object.agentId) : isSet(object.agent_id) ? globalThis.String(object.agent_id) : "" };
	},
	toJSON(message) {
		const obj = {};
		if (message.agentId !== "") obj.agentId = message.agentId;
		return obj;
	},
	create(base) {
		return EnrolResponse.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseEnrolResponse();
		message.agentId = object.agentId ?? "";
		return message;
	}
};
function createBaseSessionRequest() {
	return { message: void 0 };
}
var SessionRequest = {
	encode(message, writer = new BinaryWriter()) {
		switch (message.message?.$case) {
			case "hello":
				Hello.encode(message.message.value, writer.uint32(10).fork()).join();
				break;
			case "heartbeat":
				Heartbeat.encode(message.message.value, writer.uint32(18).fork()).join();
				break;
			case "uploadRequest":
				UploadRequest.encode(message.message.value, writer.uint32(26).fork()).join();
				break;
			case "complete":
				TaskComplete.encode(message.message.value, writer.uint32(34).fork()).join();
				break;
			case "failed":
				TaskFailed.encode(message.message.value, writer.uint32(42).fork()).join();
				break;
			case "release":
				LeaseRelease.encode(message.message.value, writer.uint32(50).fork()).join();
				break;
			case "drain":
				DrainNotice.encode(message.message.value, writer.uint32(58).fork()).join();
				break;
			case "part": PartComplete.encode(message.message.value, writer.uint32(66).fork()).join();
		}
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseSessionRequest();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.message = {
							$case: "hello",
							value: Hello.decode(reader, reader.uint32())
						};
						continue;
					case 2:
						if (tag !== 18) break;
						message.message = {
							$case: "heartbeat",
							value: Heartbeat.decode(reader, reader.uint32())
						};
						continue;
					case 3:
						if (tag !== 26) break;
						message.message = {
							$case: "uploadRequest",
							value: UploadRequest.decode(reader, reader.uint32())
						};
						continue;
					case 4:
						if (tag !== 34) break;
						message.message = {
							$case: "complete",
							value: TaskComplete.decode(reader, reader.uint32())
						};
						continue;
					case 5:
						if (tag !== 42) break;
						message.message = {
							$case: "failed",
							value: TaskFailed.decode(reader, reader.uint32())
						};
						continue;
					case 6:
						if (tag !== 50) break;
						message.message = {
							$case: "release",
							value: LeaseRelease.decode(reader, reader.uint32())
						};
						continue;
					case 7:
						if (tag !== 58) break;
						message.message = {
							$case: "drain",
							value: DrainNotice.decode(reader, reader.uint32())
						};
						continue;
					case 8:
						if (tag !== 66) break;
						message.message = {
							$case: "part",
							value: PartComplete.decode(reader, reader.uint32())
						};
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return { message: isSet(object.hello) ? {
			$case: "hello",
			value: Hello.fromJSON(object.hello)
		} : isSet(object.heartbeat) ? {
			$case: "heartbeat",
			value: Heartbeat.fromJSON(object.heartbeat)
		} : isSet(object.uploadRequest) ? {
			$case: "uploadRequest",
			value: UploadRequest.fromJSON(object.uploadRequest)
		} : isSet(object.upload_request) ? {
			$case: "uploadRequest",
			value: UploadRequest.fromJSON(object.upload_request)
		} : isSet(object.complete) ? {
			$case: "complete",
			value: TaskComplete.fromJSON(object.complete)
		} : isSet(object.failed) ? {
			$case: "failed",
			value: TaskFailed.fromJSON(object.failed)
		} : isSet(object.release) ? {
			$case: "release",
			value: LeaseRelease.fromJSON(object.release)
		} : isSet(object.drain) ? {
			$case: "drain",
			value: DrainNotice.fromJSON(object.drain)
		} : isSet(object.part) ? {
			$case: "part",
			value: PartComplete.fromJSON(object.part)
		} : void 0 };
	},
	toJSON(message) {
		const obj = {};
		if (message.message?.$case === "hello") obj.hello = Hello.toJSON(message.message.value);
		else if (message.message?.$case === "heartbeat") obj.heartbeat = Heartbeat.toJSON(message.message.value);
		else if (message.message?.$case === "uploadRequest") obj.uploadRequest = UploadRequest.toJSON(message.message.value);
		else if (message.message?.$case === "complete") obj.complete = TaskComplete.toJSON(message.message.value);
		else if (message.message?.$case === "failed") obj.failed = TaskFailed.toJSON(message.message.value);
		else if (message.message?.$case === "release") obj.release = LeaseRelease.toJSON(message.message.value);
		else if (message.message?.$case === "drain") obj.drain = DrainNotice.toJSON(message.message.value);
		else if (message.message?.$case === "part") obj.part = PartComplete.toJSON(message.message.value);
		return obj;
	},
	create(base) {
		return SessionRequest.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseSessionRequest();
		switch (object.message?.$case) {
			case "hello":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "hello",
					value: Hello.fromPartial(object.message.value)
				};
				break;
			case "heartbeat":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "heartbeat",
					value: Heartbeat.fromPartial(object.message.value)
				};
				break;
			case "uploadRequest":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "uploadRequest",
					value: UploadRequest.fromPartial(object.message.value)
				};
				break;
			case "complete":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "complete",
					value: TaskComplete.fromPartial(object.message.value)
				};
				break;
			case "failed":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "failed",
					value: TaskFailed.fromPartial(object.message.value)
				};
				break;
			case "release":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "release",
					value: LeaseRelease.fromPartial(object.message.value)
				};
				break;
			case "drain":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "drain",
					value: DrainNotice.fromPartial(object.message.value)
				};
				break;
			case "part": if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
				$case: "part",
				value: PartComplete.fromPartial(object.message.value)
			};
		}
		return message;
	}
};
function createBaseSessionResponse() {
	return { message: void 0 };
}
var SessionResponse = {
	encode(message, writer = new BinaryWriter()) {
		switch (message.message?.$case) {
			case "welcome":
				Welcome.encode(message.message.value, writer.uint32(10).fork()).join();
				break;
			case "heartbeatAck":
				HeartbeatAck.encode(message.message.value, writer.uint32(18).fork()).join();
				break;
			case "grant":
				LeaseGrant.encode(message.message.value, writer.uint32(26).fork()).join();
				break;
			case "revoke":
				LeaseRevoke.encode(message.message.value, writer.uint32(34).fork()).join();
				break;
			case "uploadGrant":
				UploadGrant.encode(message.message.value, writer.uint32(42).fork()).join();
				break;
			case "commitResult":
				CommitResult.encode(message.message.value, writer.uint32(50).fork()).join();
				break;
			case "drain":
				DrainNotice.encode(message.message.value, writer.uint32(58).fork()).join();
				break;
			case "goodbye":
				Goodbye.encode(message.message.value, writer.uint32(66).fork()).join();
				break;
			case "challenge":
				Challenge.encode(message.message.value, writer.uint32(122).fork()).join();
				break;
			case "partResult": CommitResult.encode(message.message.value, writer.uint32(74).fork()).join();
		}
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseSessionResponse();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.message = {
							$case: "welcome",
							value: Welcome.decode(reader, reader.uint32())
						};
						continue;
					case 2:
						if (tag !== 18) break;
						message.message = {
							$case: "heartbeatAck",
							value: HeartbeatAck.decode(reader, reader.uint32())
						};
						continue;
					case 3:
						if (tag !== 26) break;
						message.message = {
							$case: "grant",
							value: LeaseGrant.decode(reader, reader.uint32())
						};
						continue;
					case 4:
						if (tag !== 34) break;
						message.message = {
							$case: "revoke",
							value: LeaseRevoke.decode(reader, reader.uint32())
						};
						continue;
					case 5:
						if (tag !== 42) break;
						message.message = {
							$case: "uploadGrant",
							value: UploadGrant.decode(reader, reader.uint32())
						};
						continue;
					case 6:
						if (tag !== 50) break;
						message.message = {
							$case: "commitResult",
							value: CommitResult.decode(reader, reader.uint32())
						};
						continue;
					case 7:
						if (tag !== 58) break;
						message.message = {
							$case: "drain",
							value: DrainNotice.decode(reader, reader.uint32())
						};
						continue;
					case 8:
						if (tag !== 66) break;
						message.message = {
							$case: "goodbye",
							value: Goodbye.decode(reader, reader.uint32())
						};
						continue;
					case 15:
						if (tag !== 122) break;
						message.message = {
							$case: "challenge",
							value: Challenge.decode(reader, reader.uint32())
						};
						continue;
					case 9:
						if (tag !== 74) break;
						message.message = {
							$case: "partResult",
							value: CommitResult.decode(reader, reader.uint32())
						};
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return { message: isSet(object.welcome) ? {
			$case: "welcome",
			value: Welcome.fromJSON(object.welcome)
		} : isSet(object.heartbeatAck) ? {
			$case: "heartbeatAck",
			value: HeartbeatAck.fromJSON(object.heartbeatAck)
		} : isSet(object.heartbeat_ack) ? {
			$case: "heartbeatAck",
			value: HeartbeatAck.fromJSON(object.heartbeat_ack)
		} : isSet(object.grant) ? {
			$case: "grant",
			value: LeaseGrant.fromJSON(object.grant)
		} : isSet(object.revoke) ? {
			$case: "revoke",
			value: LeaseRevoke.fromJSON(object.revoke)
		} : isSet(object.uploadGrant) ? {
			$case: "uploadGrant",
			value: UploadGrant.fromJSON(object.uploadGrant)
		} : isSet(object.upload_grant) ? {
			$case: "uploadGrant",
			value: UploadGrant.fromJSON(object.upload_grant)
		} : isSet(object.commitResult) ? {
			$case: "commitResult",
			value: CommitResult.fromJSON(object.commitResult)
		} : isSet(object.commit_result) ? {
			$case: "commitResult",
			value: CommitResult.fromJSON(object.commit_result)
		} : isSet(object.drain) ? {
			$case: "drain",
			value: DrainNotice.fromJSON(object.drain)
		} : isSet(object.goodbye) ? {
			$case: "goodbye",
			value: Goodbye.fromJSON(object.goodbye)
		} : isSet(object.challenge) ? {
			$case: "challenge",
			value: Challenge.fromJSON(object.challenge)
		} : isSet(object.partResult) ? {
			$case: "partResult",
			value: CommitResult.fromJSON(object.partResult)
		} : isSet(object.part_result) ? {
			$case: "partResult",
			value: CommitResult.fromJSON(object.part_result)
		} : void 0 };
	},
	toJSON(message) {
		const obj = {};
		if (message.message?.$case === "welcome") obj.welcome = Welcome.toJSON(message.message.value);
		else if (message.message?.$case === "heartbeatAck") obj.heartbeatAck = HeartbeatAck.toJSON(message.message.value);
		else if (message.message?.$case === "grant") obj.grant = LeaseGrant.toJSON(message.message.value);
		else if (message.message?.$case === "revoke") obj.revoke = LeaseRevoke.toJSON(message.message.value);
		else if (message.message?.$case === "uploadGrant") obj.uploadGrant = UploadGrant.toJSON(message.message.value);
		else if (message.message?.$case === "commitResult") obj.commitResult = CommitResult.toJSON(message.message.value);
		else if (message.message?.$case === "drain") obj.drain = DrainNotice.toJSON(message.message.value);
		else if (message.message?.$case === "goodbye") obj.goodbye = Goodbye.toJSON(message.message.value);
		else if (message.message?.$case === "challenge") obj.challenge = Challenge.toJSON(message.message.value);
		else if (message.message?.$case === "partResult") obj.partResult = CommitResult.toJSON(message.message.value);
		return obj;
	},
	create(base) {
		return SessionResponse.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseSessionResponse();
		switch (object.message?.$case) {
			case "welcome":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "welcome",
					value: Welcome.fromPartial(object.message.value)
				};
				break;
			case "heartbeatAck":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "heartbeatAck",
					value: HeartbeatAck.fromPartial(object.message.value)
				};
				break;
			case "grant":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "grant",
					value: LeaseGrant.fromPartial(object.message.value)
				};
				break;
			case "revoke":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "revoke",
					value: LeaseRevoke.fromPartial(object.message.value)
				};
				break;
			case "uploadGrant":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "uploadGrant",
					value: UploadGrant.fromPartial(object.message.value)
				};
				break;
			case "commitResult":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "commitResult",
					value: CommitResult.fromPartial(object.message.value)
				};
				break;
			case "drain":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "drain",
					value: DrainNotice.fromPartial(object.message.value)
				};
				break;
			case "goodbye":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "goodbye",
					value: Goodbye.fromPartial(object.message.value)
				};
				break;
			case "challenge":
				if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
					$case: "challenge",
					value: Challenge.fromPartial(object.message.value)
				};
				break;
			case "partResult": if (object.message?.value !== void 0 && object.message?.value !== null) message.message = {
				$case: "partResult",
				value: CommitResult.fromPartial(object.message.value)
			};
		}
		return message;
	}
};
function createBaseChallenge() {
	return { nonce: /* @__PURE__ */ new Uint8Array(0) };
}
var Challenge = {
	encode(message, writer = new BinaryWriter()) {
		if (message.nonce.length !== 0) writer.uint32(10).bytes(message.nonce);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseChallenge();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.nonce = reader.bytes();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return { nonce: isSet(object.nonce) ? bytesFromBase64(object.nonce) : /* @__PURE__ */ new Uint8Array(0) };
	},
	toJSON(message) {
		const obj = {};
		if (message.nonce.length !== 0) obj.nonce = base64FromBytes(message.nonce);
		return obj;
	},
	create(base) {
		return Challenge.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseChallenge();
		message.nonce = object.nonce ?? /* @__PURE__ */ new Uint8Array(0);
		return message;
	}
};
function createBaseHello() {
	return {
		agentId: "",
		name: "",
		version: "",
		protocol: 0,
		hardware: void 0,
		tools: [],
		capabilities: [],
		lacks: [],
		slots: 0,
		heldLeases: [],
		incarnation: "",
		labels: {},
		start: 0,
		connection: 0,
		proof: /* @__PURE__ */ new Uint8Array(0)
	};
}
var Hello = {
	encode(message, writer = new BinaryWriter()) {
		if (message.agentId !== "") writer.uint32(10).string(message.agentId);
		if (message.name !== "") writer.uint32(18).string(message.name);
		if (message.version !== "") writer.uint32(26).string(message.version);
		if (message.protocol !== 0) writer.uint32(32).uint32(message.protocol);
		if (message.hardware !== void 0) Hardware.encode(message.hardware, writer.uint32(42).fork()).join();
		for (const v of message.tools) Tool.encode(v, writer.uint32(50).fork()).join();
		for (const v of message.capabilities) writer.uint32(58).string(v);
		for (const v of message.lacks) writer.uint32(66).string(v);
		if (message.slots !== 0) writer.uint32(72).uint32(message.slots);
		for (const v of message.heldLeases) Fence.encode(v, writer.uint32(82).fork()).join();
		if (message.incarnation !== "") writer.uint32(90).string(message.incarnation);
		globalThis.Object.entries(message.labels).forEach(([key, value]) => {
			Hello_LabelsEntry.encode({
				key,
				value
			}, writer.uint32(98).fork()).join();
		});
		if (message.start !== 0) writer.uint32(104).uint64(message.start);
		if (message.connection !== 0) writer.uint32(112).uint64(message.connection);
		if (message.proof.length !== 0) writer.uint32(162).bytes(message.proof);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseHello();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.agentId = reader.string();
						continue;
					case 2:
						if (tag !== 18) break;
						message.name = reader.string();
						continue;
					case 3:
						if (tag !== 26) break;
						message.version = reader.string();
						continue;
					case 4:
						if (tag !== 32) break;
						message.protocol = reader.uint32();
						continue;
					case 5:
						if (tag !== 42) break;
						message.hardware = Hardware.decode(reader, reader.uint32());
						continue;
					case 6:
						if (tag !== 50) break;
						message.tools.push(Tool.decode(reader, reader.uint32()));
						continue;
					case 7:
						if (tag !== 58) break;
						message.capabilities.push(reader.string());
						continue;
					case 8:
						if (tag !== 66) break;
						message.lacks.push(reader.string());
						continue;
					case 9:
						if (tag !== 72) break;
						message.slots = reader.uint32();
						continue;
					case 10:
						if (tag !== 82) break;
						message.heldLeases.push(Fence.decode(reader, reader.uint32()));
						continue;
					case 11:
						if (tag !== 90) break;
						message.incarnation = reader.string();
						continue;
					case 12: {
						if (tag !== 98) break;
						const entry12 = Hello_LabelsEntry.decode(reader, reader.uint32());
						if (entry12.value !== void 0) message.labels[entry12.key] = entry12.value;
						continue;
					}
					case 13:
						if (tag !== 104) break;
						message.start = longToNumber(reader.uint64());
						continue;
					case 14:
						if (tag !== 112) break;
						message.connection = longToNumber(reader.uint64());
						continue;
					case 20:
						if (tag !== 162) break;
						message.proof = reader.bytes();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			agentId: isSet(object.agentId) ? globalThis.String(object.agentId) : isSet(object.agent_id) ? globalThis.String(object.agent_id) : "",
			name: isSet(object.name) ? globalThis.String(object.name) : "",
			version: isSet(object.version) ? globalThis.String(object.version) : "",
			protocol: isSet(object.protocol) ? globalThis.Number(object.protocol) : 0,
			hardware: isSet(object.hardware) ? Hardware.fromJSON(object.hardware) : void 0,
			tools: globalThis.Array.isArray(object?.tools) ? object.tools.map((e) => Tool.fromJSON(e)) : [],
			capabilities: globalThis.Array.isArray(object?.capabilities) ? object.capabilities.map((e) => globalThis.String(e)) : [],
			lacks: globalThis.Array.isArray(object?.lacks) ? object.lacks.map((e) => globalThis.String(e)) : [],
			slots: isSet(object.slots) ? globalThis.Number(object.slots) : 0,
			heldLeases: globalThis.Array.isArray(object?.heldLeases) ? object.heldLeases.map((e) => Fence.fromJSON(e)) : globalThis.Array.isArray(object?.held_leases) ? object.held_leases.map((e) => Fence.fromJSON(e)) : [],
			incarnation: isSet(object.incarnation) ? globalThis.String(object.incarnation) : "",
			labels: isObject(object.labels) ? globalThis.Object.entries(object.labels).reduce((acc, [key, value]) => {
				globalThis.Object.defineProperty(acc, key, {
					value: globalThis.String(value),
					enumerable: true,
					configurable: true,
					writable: true
				});
				return acc;
			}, {}) : {},
			start: isSet(object.start) ? globalThis.Number(object.start) : 0,
			connection: isSet(object.connection) ? globalThis.Number(object.connection) : 0,
			proof: isSet(object.proof) ? bytesFromBase64(object.proof) : /* @__PURE__ */ new Uint8Array(0)
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.agentId !== "") obj.agentId = message.agentId;
		if (message.name !== "") obj.name = message.name;
		if (message.version !== "") obj.version = message.version;
		if (message.protocol !== 0) obj.protocol = Math.round(message.protocol);
		if (message.hardware !== void 0) obj.hardware = Hardware.toJSON(message.hardware);
		if (message.tools?.length) obj.tools = message.tools.map((e) => Tool.toJSON(e));
		if (message.capabilities?.length) obj.capabilities = message.capabilities;
		if (message.lacks?.length) obj.lacks = message.lacks;
		if (message.slots !== 0) obj.slots = Math.round(message.slots);
		if (message.heldLeases?.length) obj.heldLeases = message.heldLeases.map((e) => Fence.toJSON(e));
		if (message.incarnation !== "") obj.incarnation = message.incarnation;
		if (message.labels) {
			const entries = globalThis.Object.entries(message.labels);
			if (entries.length > 0) {
				obj.labels = {};
				entries.forEach(([k, v]) => {
					obj.labels[k] = v;
				});
			}
		}
		if (message.start !== 0) obj.start = Math.round(message.start);
		if (message.connection !== 0) obj.connection = Math.round(message.connection);
		if (message.proof.length !== 0) obj.proof = base64FromBytes(message.proof);
		return obj;
	},
	create(base) {
		return Hello.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseHello();
		message.agentId = object.agentId ?? "";
		message.name = object.name ?? "";
		message.version = object.version ?? "";
		message.protocol = object.protocol ?? 0;
		message.hardware = object.hardware !== void 0 && object.hardware !== null ? Hardware.fromPartial(object.hardware) : void 0;
		message.tools = object.tools?.map((e) => Tool.fromPartial(e)) || [];
		message.capabilities = object.capabilities?.map((e) => e) || [];
		message.lacks = object.lacks?.map((e) => e) || [];
		message.slots = object.slots ?? 0;
		message.heldLeases = object.heldLeases?.map((e) => Fence.fromPartial(e)) || [];
		message.incarnation = object.incarnation ?? "";
		message.labels = globalThis.Object.entries(object.labels ?? {}).reduce((acc, [key, value]) => {
			if (value !== void 0) acc[key] = globalThis.String(value);
			return acc;
		}, {});
		message.start = object.start ?? 0;
		message.connection = object.connection ?? 0;
		message.proof = object.proof ?? /* @__PURE__ */ new Uint8Array(0);
		return message;
	}
};
function createBaseHello_LabelsEntry() {
	return {
		key: "",
		value: ""
	};
}
var Hello_LabelsEntry = {
	encode(message, writer = new BinaryWriter()) {
		if (message.key !== "") writer.uint32(10).string(message.key);
		if (message.value !== "") writer.uint32(18).string(message.value);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseHello_LabelsEntry();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.key = reader.string();
						continue;
					case 2:
						if (tag !== 18) break;
						message.value = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			key: isSet(object.key) ? globalThis.String(object.key) : "",
			value: isSet(object.value) ? globalThis.String(object.value) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.key !== "") obj.key = message.key;
		if (message.value !== "") obj.value = message.value;
		return obj;
	},
	create(base) {
		return Hello_LabelsEntry.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseHello_LabelsEntry();
		message.key = object.key ?? "";
		message.value = object.value ?? "";
		return message;
	}
};
function createBaseWelcome() {
	return {
		sessionId: "",
		coordinatorId: "",
		heartbeatIntervalMs: 0,
		leaseTtlMs: 0,
		trustMarginMs: 0,
		maxMessageBytes: 0,
		keptLeases: [],
		version: ""
	};
}
var Welcome = {
	encode(message, writer = new BinaryWriter()) {
		if (message.sessionId !== "") writer.uint32(10).string(message.sessionId);
		if (message.coordinatorId !== "") writer.uint32(18).string(message.coordinatorId);
		if (message.heartbeatIntervalMs !== 0) writer.uint32(24).uint32(message.heartbeatIntervalMs);
		if (message.leaseTtlMs !== 0) writer.uint32(32).uint32(message.leaseTtlMs);
		if (message.trustMarginMs !== 0) writer.uint32(40).uint32(message.trustMarginMs);
		if (message.maxMessageBytes !== 0) writer.uint32(48).uint32(message.maxMessageBytes);
		for (const v of message.keptLeases) Fence.encode(v, writer.uint32(58).fork()).join();
		if (message.version !== "") writer.uint32(66).string(message.version);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseWelcome();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.sessionId = reader.string();
						continue;
					case 2:
						if (tag !== 18) break;
						message.coordinatorId = reader.string();
						continue;
					case 3:
						if (tag !== 24) break;
						message.heartbeatIntervalMs = reader.uint32();
						continue;
					case 4:
						if (tag !== 32) break;
						message.leaseTtlMs = reader.uint32();
						continue;
					case 5:
						if (tag !== 40) break;
						message.trustMarginMs = reader.uint32();
						continue;
					case 6:
						if (tag !== 48) break;
						message.maxMessageBytes = reader.uint32();
						continue;
					case 7:
						if (tag !== 58) break;
						message.keptLeases.push(Fence.decode(reader, reader.uint32()));
						continue;
					case 8:
						if (tag !== 66) break;
						message.version = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			sessionId: isSet(object.sessionId) ? globalThis.String(object.sessionId) : isSet(object.session_id) ? globalThis.String(object.session_id) : "",
			coordinatorId: isSet(object.coordinatorId) ? globalThis.String(object.coordinatorId) : isSet(object.coordinator_id) ? globalThis.String(object.coordinator_id) : "",
			heartbeatIntervalMs: isSet(object.heartbeatIntervalMs) ? globalThis.Number(object.heartbeatIntervalMs) : isSet(object.heartbeat_interval_ms) ? globalThis.Number(object.heartbeat_interval_ms) : 0,
			leaseTtlMs: isSet(object.leaseTtlMs) ? globalThis.Number(object.leaseTtlMs) : isSet(object.lease_ttl_ms) ? globalThis.Number(object.lease_ttl_ms) : 0,
			trustMarginMs: isSet(object.trustMarginMs) ? globalThis.Number(object.trustMarginMs) : isSet(object.trust_margin_ms) ? globalThis.Number(object.trust_margin_ms) : 0,
			maxMessageBytes: isSet(object.maxMessageBytes) ? globalThis.Number(object.maxMessageBytes) : isSet(object.max_message_bytes) ? globalThis.Number(object.max_message_bytes) : 0,
			keptLeases: globalThis.Array.isArray(object?.keptLeases) ? object.keptLeases.map((e) => Fence.fromJSON(e)) : globalThis.Array.isArray(object?.kept_leases) ? object.kept_leases.map((e) => Fence.fromJSON(e)) : [],
			version: isSet(object.version) ? globalThis.String(object.version) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.sessionId !== "") obj.sessionId = message.sessionId;
		if (message.coordinatorId !== "") obj.coordinatorId = message.coordinatorId;
		if (message.heartbeatIntervalMs !== 0) obj.heartbeatIntervalMs = Math.round(message.heartbeatIntervalMs);
		if (message.leaseTtlMs !== 0) obj.leaseTtlMs = Math.round(message.leaseTtlMs);
		if (message.trustMarginMs !== 0) obj.trustMarginMs = Math.round(message.trustMarginMs);
		if (message.maxMessageBytes !== 0) obj.maxMessageBytes = Math.round(message.maxMessageBytes);
		if (message.keptLeases?.length) obj.keptLeases = message.keptLeases.map((e) => Fence.toJSON(e));
		if (message.version !== "") obj.version = message.version;
		return obj;
	},
	create(base) {
		return Welcome.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseWelcome();
		message.sessionId = object.sessionId ?? "";
		message.coordinatorId = object.coordinatorId ?? "";
		message.heartbeatIntervalMs = object.heartbeatIntervalMs ?? 0;
		message.leaseTtlMs = object.leaseTtlMs ?? 0;
		message.trustMarginMs = object.trustMarginMs ?? 0;
		message.maxMessageBytes = object.maxMessageBytes ?? 0;
		message.keptLeases = object.keptLeases?.map((e) => Fence.fromPartial(e)) || [];
		message.version = object.version ?? "";
		return message;
	}
};
function createBaseHardware() {
	return {
		hostname: "",
		os: "",
		arch: "",
		cpuModel: "",
		cpuCores: 0,
		memoryBytes: 0,
		gpus: [],
		disks: []
	};
}
var Hardware = {
	encode(message, writer = new BinaryWriter()) {
		if (message.hostname !== "") writer.uint32(10).string(message.hostname);
		if (message.os !== "") writer.uint32(18).string(message.os);
		if (message.arch !== "") writer.uint32(26).string(message.arch);
		if (message.cpuModel !== "") writer.uint32(34).string(message.cpuModel);
		if (message.cpuCores !== 0) writer.uint32(40).uint32(message.cpuCores);
		if (message.memoryBytes !== 0) writer.uint32(48).int64(message.memoryBytes);
		for (const v of message.gpus) Gpu.encode(v, writer.uint32(58).fork()).join();
		for (const v of message.disks) Disk.encode(v, writer.uint32(66).fork()).join();
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseHardware();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.hostname = reader.string();
						continue;
					case 2:
						if (tag !== 18) break;
						message.os = reader.string();
						continue;
					case 3:
						if (tag !== 26) break;
						message.arch = reader.string();
						continue;
					case 4:
						if (tag !== 34) break;
						message.cpuModel = reader.string();
						continue;
					case 5:
						if (tag !== 40) break;
						message.cpuCores = reader.uint32();
						continue;
					case 6:
						if (tag !== 48) break;
						message.memoryBytes = longToNumber(reader.int64());
						continue;
					case 7:
						if (tag !== 58) break;
						message.gpus.push(Gpu.decode(reader, reader.uint32()));
						continue;
					case 8:
						if (tag !== 66) break;
						message.disks.push(Disk.decode(reader, reader.uint32()));
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			hostname: isSet(object.hostname) ? globalThis.String(object.hostname) : "",
			os: isSet(object.os) ? globalThis.String(object.os) : "",
			arch: isSet(object.arch) ? globalThis.String(object.arch) : "",
			cpuModel: isSet(object.cpuModel) ? globalThis.String(object.cpuModel) : isSet(object.cpu_model) ? globalThis.String(object.cpu_model) : "",
			cpuCores: isSet(object.cpuCores) ? globalThis.Number(object.cpuCores) : isSet(object.cpu_cores) ? globalThis.Number(object.cpu_cores) : 0,
			memoryBytes: isSet(object.memoryBytes) ? globalThis.Number(object.memoryBytes) : isSet(object.memory_bytes) ? globalThis.Number(object.memory_bytes) : 0,
			gpus: globalThis.Array.isArray(object?.gpus) ? object.gpus.map((e) => Gpu.fromJSON(e)) : [],
			disks: globalThis.Array.isArray(object?.disks) ? object.disks.map((e) => Disk.fromJSON(e)) : []
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.hostname !== "") obj.hostname = message.hostname;
		if (message.os !== "") obj.os = message.os;
		if (message.arch !== "") obj.arch = message.arch;
		if (message.cpuModel !== "") obj.cpuModel = message.cpuModel;
		if (message.cpuCores !== 0) obj.cpuCores = Math.round(message.cpuCores);
		if (message.memoryBytes !== 0) obj.memoryBytes = Math.round(message.memoryBytes);
		if (message.gpus?.length) obj.gpus = message.gpus.map((e) => Gpu.toJSON(e));
		if (message.disks?.length) obj.disks = message.disks.map((e) => Disk.toJSON(e));
		return obj;
	},
	create(base) {
		return Hardware.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseHardware();
		message.hostname = object.hostname ?? "";
		message.os = object.os ?? "";
		message.arch = object.arch ?? "";
		message.cpuModel = object.cpuModel ?? "";
		message.cpuCores = object.cpuCores ?? 0;
		message.memoryBytes = object.memoryBytes ?? 0;
		message.gpus = object.gpus?.map((e) => Gpu.fromPartial(e)) || [];
		message.disks = object.disks?.map((e) => Disk.fromPartial(e)) || [];
		return message;
	}
};
function createBaseGpu() {
	return {
		vendor: "",
		model: "",
		memoryBytes: 0,
		driver: ""
	};
}
var Gpu = {
	encode(message, writer = new BinaryWriter()) {
		if (message.vendor !== "") writer.uint32(10).string(message.vendor);
		if (message.model !== "") writer.uint32(18).string(message.model);
		if (message.memoryBytes !== 0) writer.uint32(24).int64(message.memoryBytes);
		if (message.driver !== "") writer.uint32(34).string(message.driver);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseGpu();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.vendor = reader.string();
						continue;
					case 2:
						if (tag !== 18) break;
						message.model = reader.string();
						continue;
					case 3:
						if (tag !== 24) break;
						message.memoryBytes = longToNumber(reader.int64());
						continue;
					case 4:
						if (tag !== 34) break;
						message.driver = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			vendor: isSet(object.vendor) ? globalThis.String(object.vendor) : "",
			model: isSet(object.model) ? globalThis.String(object.model) : "",
			memoryBytes: isSet(object.memoryBytes) ? globalThis.Number(object.memoryBytes) : isSet(object.memory_bytes) ? globalThis.Number(object.memory_bytes) : 0,
			driver: isSet(object.driver) ? globalThis.String(object.driver) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.vendor !== "") obj.vendor = message.vendor;
		if (message.model !== "") obj.model = message.model;
		if (message.memoryBytes !== 0) obj.memoryBytes = Math.round(message.memoryBytes);
		if (message.driver !== "") obj.driver = message.driver;
		return obj;
	},
	create(base) {
		return Gpu.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseGpu();
		message.vendor = object.vendor ?? "";
		message.model = object.model ?? "";
		message.memoryBytes = object.memoryBytes ?? 0;
		message.driver = object.driver ?? "";
		return message;
	}
};
function createBaseDisk() {
	return {
		path: "",
		sizeBytes: 0,
		freeBytes: 0
	};
}
var Disk = {
	encode(message, writer = new BinaryWriter()) {
		if (message.path !== "") writer.uint32(10).string(message.path);
		if (message.sizeBytes !== 0) writer.uint32(16).int64(message.sizeBytes);
		if (message.freeBytes !== 0) writer.uint32(24).int64(message.freeBytes);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseDisk();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.path = reader.string();
						continue;
					case 2:
						if (tag !== 16) break;
						message.sizeBytes = longToNumber(reader.int64());
						continue;
					case 3:
						if (tag !== 24) break;
						message.freeBytes = longToNumber(reader.int64());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			path: isSet(object.path) ? globalThis.String(object.path) : "",
			sizeBytes: isSet(object.sizeBytes) ? globalThis.Number(object.sizeBytes) : isSet(object.size_bytes) ? globalThis.Number(object.size_bytes) : 0,
			freeBytes: isSet(object.freeBytes) ? globalThis.Number(object.freeBytes) : isSet(object.free_bytes) ? globalThis.Number(object.free_bytes) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.path !== "") obj.path = message.path;
		if (message.sizeBytes !== 0) obj.sizeBytes = Math.round(message.sizeBytes);
		if (message.freeBytes !== 0) obj.freeBytes = Math.round(message.freeBytes);
		return obj;
	},
	create(base) {
		return Disk.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseDisk();
		message.path = object.path ?? "";
		message.sizeBytes = object.sizeBytes ?? 0;
		message.freeBytes = object.freeBytes ?? 0;
		return message;
	}
};
function createBaseTool() {
	return {
		name: "",
		version: "",
		path: ""
	};
}
var Tool = {
	encode(message, writer = new BinaryWriter()) {
		if (message.name !== "") writer.uint32(10).string(message.name);
		if (message.version !== "") writer.uint32(18).string(message.version);
		if (message.path !== "") writer.uint32(26).string(message.path);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseTool();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.name = reader.string();
						continue;
					case 2:
						if (tag !== 18) break;
						message.version = reader.string();
						continue;
					case 3:
						if (tag !== 26) break;
						message.path = reader.string();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			name: isSet(object.name) ? globalThis.String(object.name) : "",
			version: isSet(object.version) ? globalThis.String(object.version) : "",
			path: isSet(object.path) ? globalThis.String(object.path) : ""
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.name !== "") obj.name = message.name;
		if (message.version !== "") obj.version = message.version;
		if (message.path !== "") obj.path = message.path;
		return obj;
	},
	create(base) {
		return Tool.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseTool();
		message.name = object.name ?? "";
		message.version = object.version ?? "";
		message.path = object.path ?? "";
		return message;
	}
};
function createBaseLoad() {
	return {
		cpu: 0,
		memoryFreeBytes: 0,
		diskFreeBytes: 0,
		gpus: []
	};
}
var Load = {
	encode(message, writer = new BinaryWriter()) {
		if (message.cpu !== 0) writer.uint32(9).double(message.cpu);
		if (message.memoryFreeBytes !== 0) writer.uint32(16).int64(message.memoryFreeBytes);
		if (message.diskFreeBytes !== 0) writer.uint32(24).int64(message.diskFreeBytes);
		for (const v of message.gpus) GpuLoad.encode(v, writer.uint32(34).fork()).join();
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseLoad();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 9) break;
						message.cpu = reader.double();
						continue;
					case 2:
						if (tag !== 16) break;
						message.memoryFreeBytes = longToNumber(reader.int64());
						continue;
					case 3:
						if (tag !== 24) break;
						message.diskFreeBytes = longToNumber(reader.int64());
						continue;
					case 4:
						if (tag !== 34) break;
						message.gpus.push(GpuLoad.decode(reader, reader.uint32()));
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			cpu: isSet(object.cpu) ? globalThis.Number(object.cpu) : 0,
			memoryFreeBytes: isSet(object.memoryFreeBytes) ? globalThis.Number(object.memoryFreeBytes) : isSet(object.memory_free_bytes) ? globalThis.Number(object.memory_free_bytes) : 0,
			diskFreeBytes: isSet(object.diskFreeBytes) ? globalThis.Number(object.diskFreeBytes) : isSet(object.disk_free_bytes) ? globalThis.Number(object.disk_free_bytes) : 0,
			gpus: globalThis.Array.isArray(object?.gpus) ? object.gpus.map((e) => GpuLoad.fromJSON(e)) : []
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.cpu !== 0) obj.cpu = floatToJson(message.cpu);
		if (message.memoryFreeBytes !== 0) obj.memoryFreeBytes = Math.round(message.memoryFreeBytes);
		if (message.diskFreeBytes !== 0) obj.diskFreeBytes = Math.round(message.diskFreeBytes);
		if (message.gpus?.length) obj.gpus = message.gpus.map((e) => GpuLoad.toJSON(e));
		return obj;
	},
	create(base) {
		return Load.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseLoad();
		message.cpu = object.cpu ?? 0;
		message.memoryFreeBytes = object.memoryFreeBytes ?? 0;
		message.diskFreeBytes = object.diskFreeBytes ?? 0;
		message.gpus = object.gpus?.map((e) => GpuLoad.fromPartial(e)) || [];
		return message;
	}
};
function createBaseGpuLoad() {
	return {
		utilization: 0,
		memoryUsedBytes: 0
	};
}
var GpuLoad = {
	encode(message, writer = new BinaryWriter()) {
		if (message.utilization !== 0) writer.uint32(9).double(message.utilization);
		if (message.memoryUsedBytes !== 0) writer.uint32(16).int64(message.memoryUsedBytes);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseGpuLoad();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 9) break;
						message.utilization = reader.double();
						continue;
					case 2:
						if (tag !== 16) break;
						message.memoryUsedBytes = longToNumber(reader.int64());
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			utilization: isSet(object.utilization) ? globalThis.Number(object.utilization) : 0,
			memoryUsedBytes: isSet(object.memoryUsedBytes) ? globalThis.Number(object.memoryUsedBytes) : isSet(object.memory_used_bytes) ? globalThis.Number(object.memory_used_bytes) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.utilization !== 0) obj.utilization = floatToJson(message.utilization);
		if (message.memoryUsedBytes !== 0) obj.memoryUsedBytes = Math.round(message.memoryUsedBytes);
		return obj;
	},
	create(base) {
		return GpuLoad.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseGpuLoad();
		message.utilization = object.utilization ?? 0;
		message.memoryUsedBytes = object.memoryUsedBytes ?? 0;
		return message;
	}
};
function createBaseHeartbeat() {
	return {
		sequence: 0,
		load: void 0,
		leases: []
	};
}
var Heartbeat = {
	encode(message, writer = new BinaryWriter()) {
		if (message.sequence !== 0) writer.uint32(8).uint64(message.sequence);
		if (message.load !== void 0) Load.encode(message.load, writer.uint32(18).fork()).join();
		for (const v of message.leases) LeaseProgress.encode(v, writer.uint32(26).fork()).join();
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseHeartbeat();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 8) break;
						message.sequence = longToNumber(reader.uint64());
						continue;
					case 2:
						if (tag !== 18) break;
						message.load = Load.decode(reader, reader.uint32());
						continue;
					case 3:
						if (tag !== 26) break;
						message.leases.push(LeaseProgress.decode(reader, reader.uint32()));
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			sequence: isSet(object.sequence) ? globalThis.Number(object.sequence) : 0,
			load: isSet(object.load) ? Load.fromJSON(object.load) : void 0,
			leases: globalThis.Array.isArray(object?.leases) ? object.leases.map((e) => LeaseProgress.fromJSON(e)) : []
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.sequence !== 0) obj.sequence = Math.round(message.sequence);
		if (message.load !== void 0) obj.load = Load.toJSON(message.load);
		if (message.leases?.length) obj.leases = message.leases.map((e) => LeaseProgress.toJSON(e));
		return obj;
	},
	create(base) {
		return Heartbeat.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseHeartbeat();
		message.sequence = object.sequence ?? 0;
		message.load = object.load !== void 0 && object.load !== null ? Load.fromPartial(object.load) : void 0;
		message.leases = object.leases?.map((e) => LeaseProgress.fromPartial(e)) || [];
		return message;
	}
};
function createBaseHeartbeatAck() {
	return {
		sequence: 0,
		renewed: [],
		lost: [],
		putOff: false
	};
}
var HeartbeatAck = {
	encode(message, writer = new BinaryWriter()) {
		if (message.sequence !== 0) writer.uint32(8).uint64(message.sequence);
		for (const v of message.renewed) Fence.encode(v, writer.uint32(18).fork()).join();
		for (const v of message.lost) Fence.encode(v, writer.uint32(26).fork()).join();
		if (message.putOff !== false) writer.uint32(32).bool(message.putOff);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseHeartbeatAck();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 8) break;
						message.sequence = longToNumber(reader.uint64());
						continue;
					case 2:
						if (tag !== 18) break;
						message.renewed.push(Fence.decode(reader, reader.uint32()));
						continue;
					case 3:
						if (tag !== 26) break;
						message.lost.push(Fence.decode(reader, reader.uint32()));
						continue;
					case 4:
						if (tag !== 32) break;
						message.putOff = reader.bool();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			sequence: isSet(object.sequence) ? globalThis.Number(object.sequence) : 0,
			renewed: globalThis.Array.isArray(object?.renewed) ? object.renewed.map((e) => Fence.fromJSON(e)) : [],
			lost: globalThis.Array.isArray(object?.lost) ? object.lost.map((e) => Fence.fromJSON(e)) : [],
			putOff: isSet(object.putOff) ? globalThis.Boolean(object.putOff) : isSet(object.put_off) ? globalThis.Boolean(object.put_off) : false
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.sequence !== 0) obj.sequence = Math.round(message.sequence);
		if (message.renewed?.length) obj.renewed = message.renewed.map((e) => Fence.toJSON(e));
		if (message.lost?.length) obj.lost = message.lost.map((e) => Fence.toJSON(e));
		if (message.putOff !== false) obj.putOff = message.putOff;
		return obj;
	},
	create(base) {
		return HeartbeatAck.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseHeartbeatAck();
		message.sequence = object.sequence ?? 0;
		message.renewed = object.renewed?.map((e) => Fence.fromPartial(e)) || [];
		message.lost = object.lost?.map((e) => Fence.fromPartial(e)) || [];
		message.putOff = object.putOff ?? false;
		return message;
	}
};
function createBaseDrainNotice() {
	return {
		reason: "",
		deadlineSeconds: 0,
		undo: false
	};
}
var DrainNotice = {
	encode(message, writer = new BinaryWriter()) {
		if (message.reason !== "") writer.uint32(10).string(message.reason);
		if (message.deadlineSeconds !== 0) writer.uint32(16).uint32(message.deadlineSeconds);
		if (message.undo !== false) writer.uint32(24).bool(message.undo);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseDrainNotice();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.reason = reader.string();
						continue;
					case 2:
						if (tag !== 16) break;
						message.deadlineSeconds = reader.uint32();
						continue;
					case 3:
						if (tag !== 24) break;
						message.undo = reader.bool();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			reason: isSet(object.reason) ? globalThis.String(object.reason) : "",
			deadlineSeconds: isSet(object.deadlineSeconds) ? globalThis.Number(object.deadlineSeconds) : isSet(object.deadline_seconds) ? globalThis.Number(object.deadline_seconds) : 0,
			undo: isSet(object.undo) ? globalThis.Boolean(object.undo) : false
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.reason !== "") obj.reason = message.reason;
		if (message.deadlineSeconds !== 0) obj.deadlineSeconds = Math.round(message.deadlineSeconds);
		if (message.undo !== false) obj.undo = message.undo;
		return obj;
	},
	create(base) {
		return DrainNotice.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseDrainNotice();
		message.reason = object.reason ?? "";
		message.deadlineSeconds = object.deadlineSeconds ?? 0;
		message.undo = object.undo ?? false;
		return message;
	}
};
function createBaseGoodbye() {
	return {
		reason: "",
		reconnect: false,
		reconnectAfterMs: 0
	};
}
var Goodbye = {
	encode(message, writer = new BinaryWriter()) {
		if (message.reason !== "") writer.uint32(10).string(message.reason);
		if (message.reconnect !== false) writer.uint32(16).bool(message.reconnect);
		if (message.reconnectAfterMs !== 0) writer.uint32(24).uint32(message.reconnectAfterMs);
		return writer;
	},
	decode(input, length) {
		const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
		const previousRecursionDepth = reader.__tsProtoDecodeDepth ?? 0;
		if (previousRecursionDepth >= 100) throw new globalThis.Error("protobuf decode recursion limit exceeded");
		reader.__tsProtoDecodeDepth = previousRecursionDepth + 1;
		try {
			const end = length === void 0 ? reader.len : reader.pos + length;
			const message = createBaseGoodbye();
			while (reader.pos < end) {
				const tag = reader.uint32();
				switch (tag >>> 3) {
					case 1:
						if (tag !== 10) break;
						message.reason = reader.string();
						continue;
					case 2:
						if (tag !== 16) break;
						message.reconnect = reader.bool();
						continue;
					case 3:
						if (tag !== 24) break;
						message.reconnectAfterMs = reader.uint32();
						continue;
				}
				if ((tag & 7) === 4 || tag === 0) break;
				reader.skip(tag & 7);
			}
			return message;
		} finally {
			reader.__tsProtoDecodeDepth = previousRecursionDepth;
		}
	},
	fromJSON(object) {
		return {
			reason: isSet(object.reason) ? globalThis.String(object.reason) : "",
			reconnect: isSet(object.reconnect) ? globalThis.Boolean(object.reconnect) : false,
			reconnectAfterMs: isSet(object.reconnectAfterMs) ? globalThis.Number(object.reconnectAfterMs) : isSet(object.reconnect_after_ms) ? globalThis.Number(object.reconnect_after_ms) : 0
		};
	},
	toJSON(message) {
		const obj = {};
		if (message.reason !== "") obj.reason = message.reason;
		if (message.reconnect !== false) obj.reconnect = message.reconnect;
		if (message.reconnectAfterMs !== 0) obj.reconnectAfterMs = Math.round(message.reconnectAfterMs);
		return obj;
	},
	create(base) {
		return Goodbye.fromPartial(base ?? {});
	},
	fromPartial(object) {
		const message = createBaseGoodbye();
		message.reason = object.reason ?? "";
		message.reconnect = object.reconnect ?? false;
		message.reconnectAfterMs = object.reconnectAfterMs ?? 0;
		return message;
	}
};
makeGenericClientConstructor({
	/** A machine joins: for a join token its public key becomes that of an agent. Said again, it gives the same agent. */
	enrol: {
		path: "/clipgrid.v1.AgentService/Enrol",
		requestStream: false,
		responseStream: false,
		requestSerialize: (value) => Buffer.from(EnrolRequest.encode(value).finish()),
		requestDeserialize: (value) => EnrolRequest.decode(value),
		responseSerialize: (value) => Buffer.from(EnrolResponse.encode(value).finish()),
		responseDeserialize: (value) => EnrolResponse.decode(value)
	},
	/** First message from the coordinator is Challenge, first from the agent Hello; then comes Welcome. */
	session: {
		path: "/clipgrid.v1.AgentService/Session",
		requestStream: true,
		responseStream: true,
		requestSerialize: (value) => Buffer.from(SessionRequest.encode(value).finish()),
		requestDeserialize: (value) => SessionRequest.decode(value),
		responseSerialize: (value) => Buffer.from(SessionResponse.encode(value).finish()),
		responseDeserialize: (value) => SessionResponse.decode(value)
	}
}, "clipgrid.v1.AgentService");
function bytesFromBase64(b64) {
	if (globalThis.Buffer) return Uint8Array.from(globalThis.Buffer.from(b64, "base64"));
	else {
		const bin = globalThis.atob(b64);
		const arr = new Uint8Array(bin.length);
		for (let i = 0; i < bin.length; ++i) arr[i] = bin.charCodeAt(i);
		return arr;
	}
}
function base64FromBytes(arr) {
	if (globalThis.Buffer) return globalThis.Buffer.from(arr).toString("base64");
	else {
		const bin = [];
		arr.forEach((byte) => {
			bin.push(globalThis.String.fromCharCode(byte));
		});
		return globalThis.btoa(bin.join(""));
	}
}
function floatToJson(value) {
	return typeof value === "number" && !globalThis.Number.isFinite(value) ? globalThis.String(value) : value;
}
function longToNumber(int64) {
	const num = globalThis.Number(int64.toString());
	if (num > globalThis.Number.MAX_SAFE_INTEGER) throw new globalThis.Error("Value is larger than Number.MAX_SAFE_INTEGER");
	if (num < globalThis.Number.MIN_SAFE_INTEGER) throw new globalThis.Error("Value is smaller than Number.MIN_SAFE_INTEGER");
	return num;
}
function isObject(value) {
	return typeof value === "object" && value !== null;
}
function isSet(value) {
	return value !== null && value !== void 0;
}
// shared/errors.ts
/** The one error of this project that people and programs are meant to read. */
var GridError = class extends Error {
	name = "GridError";
	code;
	retryable;
	details;
	constructor(code, message, options = {}) {
		super(message, options.cause === void 0 ? void 0 : { cause: options.cause });
		this.code = code;
		this.retryable = options.retryable ?? (code === "unavailable" || code === "resource_exhausted");
		this.details = options.details ?? {};
	}
};
// coordinator/domain/agent.ts
/** Nobody of that id was ever seen or enrolled. */
function noAgent(agentId) {
	return new GridError("not_found", `there is no agent ${agentId}`, { details: {
		field: "agent_id",
		value: agentId
	} });
}
/** Why a Hello is refused that came late. */
function tookOver(agentId) {
	return new GridError("failed_precondition", `a later session of the agent ${agentId} took over: if two agents run, give each a data folder of its own, that is not a copy of the other one`, { details: {
		field: "agent_id",
		value: agentId
	} });
}
// coordinator/store/postgres/relaxed.ts
/**
* To be joined in a FROM: the transaction's end does not wait for the disk. Only for what may be forgotten when the server
* itself crashes, as if it had not happened: a grant (its lease id is random, so the forgotten lease can never renew or
* commit anything, L2), a renewal, a load. What is committed later makes it durable, too.
*/
var RELAXED = sql`(select set_config('synchronous_commit', 'off', true)) as relaxed`;
// coordinator/store/postgres/say.ts
/** Writes an event in the transaction of what it tells. */
async function say(tx, event) {
	await sql`
    insert into events (type, job_id, task_id, agent_id, owner_id, data)
    values (${event.type}, ${event.jobId ?? null}::uuid, ${event.taskId ?? null}::uuid, ${event.agentId ?? null},
      (select owner_id from jobs where job_id = ${event.jobId ?? null}::uuid), ${JSON.stringify(event.data ?? {})}::jsonb)
  `.execute(tx);
}
/** Wakes every coordinator at the commit (L7: only where nothing of a lease is granted, renewed or completed). */
async function notify(tx, payload) {
	await sql`select pg_notify('clipgrid', ${JSON.stringify(payload)})`.execute(tx);
}
// coordinator/store/postgres/agent-store.ts
function toView(row) {
	return {
		agentId: row.agent_id,
		name: row.name,
		state: row.state,
		version: row.version,
		hardware: Hardware.fromJSON(row.hardware),
		tools: row.tools.map((tool) => Tool.fromJSON(tool)),
		capabilities: row.capabilities,
		lacks: row.lacks,
		slots: row.slots,
		leases: row.leases,
		...row.load ? { load: Load.fromJSON(row.load) } : {},
		...row.drain_left_s === null ? {} : { drainLeftS: row.drain_left_s },
		connectedAt: row.connected_at,
		lastSeenAt: row.last_seen_at
	};
}
/** Durations leave the database, never times (L4); a deadline that is over still says 1, because 0 means none. */
var DRAIN_LEFT = sql`
  case when a.drain_requested and a.drain_until is not null then greatest(1, ceil(extract(epoch from a.drain_until - now())))::int end`;
function drainOrder({ drain_requested: requested, drain_left_s: leftS }) {
	if (!requested) return {};
	return { drain: leftS === null ? {} : { leftS } };
}
async function read(db, agentId) {
	const { rows } = await sql`
    select a.agent_id, a.name, a.version,
      case when exists (select from revoked_agents r where r.agent_id = a.agent_id) then 'revoked' else a.state end as state,
      a.hardware, a.tools, a.capabilities, a.lacks, a.slots, a.load,
      ${DRAIN_LEFT} as drain_left_s, a.connected_at, a.last_seen_at,
      (select count(*)::int from tasks t where t.agent_id = a.agent_id and t.state = 'leased') as leases
    from agents a where ${agentId ?? null}::text is null or a.agent_id = ${agentId ?? null}
    order by a.name, a.agent_id`.execute(db);
	return rows.map(toView);
}
async function register(db, { hello, sessionId, coordinatorId }) {
	return db.transaction().execute(async (tx) => {
		const before = await sql`
      select session_id, incarnation from agents where agent_id = ${hello.agentId} for update`.execute(tx);
		const { rows } = await sql`
      insert into agents as a (agent_id, name, incarnation, start_count, connection, session_id, coordinator_id, state,
        version, hardware, tools, capabilities, lacks, slots)
      values (${hello.agentId}, ${hello.name}, ${hello.incarnation}, ${hello.start}, ${hello.connection},
        ${sessionId}::uuid, ${coordinatorId}, 'online', ${hello.version},
        ${JSON.stringify(Hardware.toJSON(hello.hardware ?? Hardware.create()))}::jsonb,
        ${JSON.stringify(hello.tools.map((tool) => Tool.toJSON(tool)))}::jsonb, ${hello.capabilities}::text[],
        ${hello.lacks}::text[], ${hello.slots})
      on conflict (agent_id) do update set name = excluded.name, incarnation = excluded.incarnation,
        start_count = excluded.start_count, connection = excluded.connection,
        session_id = excluded.session_id, coordinator_id = excluded.coordinator_id, version = excluded.version,
        state = case when a.drain_requested then 'draining' else 'online' end,
        hardware = excluded.hardware, tools = excluded.tools, capabilities = excluded.capabilities,
        lacks = excluded.lacks, slots = excluded.slots, connected_at = now(), last_seen_at = now()
      where a.start_count < excluded.start_count or (a.start_count = excluded.start_count
        and (a.incarnation <> excluded.incarnation or a.connection <= excluded.connection))
      returning a.drain_requested, ${DRAIN_LEFT} as drain_left_s`.execute(tx);
		const [row] = rows;
		if (row === void 0) throw tookOver(hello.agentId);
		const old = before.rows[0];
		if (old?.session_id && old.session_id !== sessionId) await notify(tx, {
			superseded: old.session_id,
			agentId: hello.agentId
		});
		await say(tx, {
			type: "agent.online",
			agentId: hello.agentId,
			data: { name: hello.name }
		});
		const restarted = old !== void 0 && old.incarnation !== hello.incarnation;
		return {
			...drainOrder(row),
			restarted
		};
	});
}
async function setDraining(db, agentId, { draining, deadlineS }) {
	if (agentId.includes("\0")) throw noAgent(agentId);
	await db.transaction().execute(async (tx) => {
		const { rows } = await sql`
      update agents set drain_requested = ${draining},
        drain_until = case when ${deadlineS}::int > 0 then now() + ${deadlineS}::int * interval '1 second' end,
        state = case when state = 'offline' then state when ${draining} then 'draining' else 'online' end
      where agent_id = ${agentId} returning session_id`.execute(tx);
		if (rows.length === 0) throw noAgent(agentId);
		await say(tx, {
			type: draining ? "agent.draining" : "agent.online",
			agentId,
			...deadlineS > 0 ? { data: { deadline_seconds: deadlineS } } : {}
		});
		await notify(tx, {
			drain: draining,
			deadlineS,
			sessionId: rows[0]?.session_id ?? null
		});
	});
}
/** Agents on PostgreSQL: the row says which session is the agent's (L8). */
function postgresAgentStore(db) {
	return {
		register: (registration) => register(db, registration),
		async disconnect(agentId, sessionId) {
			await db.transaction().execute(async (tx) => {
				const { rows } = await sql`
          update agents set state = 'offline', session_id = null, last_seen_at = now()
          where agent_id = ${agentId} and session_id = ${sessionId}::uuid returning 1`.execute(tx);
				if (rows.length > 0) await say(tx, {
					type: "agent.offline",
					agentId
				});
			});
		},
		async seen(beats) {
			if (beats.length === 0) return /* @__PURE__ */ new Map();
			const loads = beats.map((beat) => beat.load ? JSON.stringify(Load.toJSON(beat.load)) : null);
			const { rows } = await sql`
        update agents a set last_seen_at = now(), load = coalesce(b.load, a.load),
          state = case when a.drain_requested or a.state = 'draining' then 'draining' else 'online' end
        from ${RELAXED}, unnest(${beats.map((beat) => beat.agentId)}::text[], ${beats.map((beat) => beat.sessionId)}::uuid[],
          ${loads}::jsonb[]) as b(agent_id, session_id, load)
        where a.agent_id = b.agent_id and a.session_id = b.session_id
        returning a.session_id, a.drain_requested, ${DRAIN_LEFT} as drain_left_s`.execute(db);
			return new Map(rows.map((row) => [row.session_id, drainOrder(row)]));
		},
		drain: (agentId, deadlineS) => setDraining(db, agentId, {
			draining: true,
			deadlineS
		}),
		undrain: (agentId) => setDraining(db, agentId, {
			draining: false,
			deadlineS: 0
		}),
		async leaving(agentId, sessionId) {
			await sql`
        update agents set state = 'draining'
        where agent_id = ${agentId} and session_id = ${sessionId}::uuid`.execute(db);
		},
		list: () => read(db),
		async get(agentId) {
			if (agentId.includes("\0")) throw noAgent(agentId);
			const view = (await read(db, agentId))[0];
			if (view === void 0) throw noAgent(agentId);
			return view;
		},
		async sweepSilent(afterMs) {
			const { rows } = await sql`
        update agents set state = 'offline'
        where state <> 'offline' and last_seen_at < now() - ${afterMs} * interval '1 millisecond' returning 1`.execute(db);
			return rows.length;
		}
	};
}
// shared/ids.ts
var UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Whether `text` is a UUID in lower case, so that it may be put into a query. */
function isUuid(text) {
	return UUID_PATTERN.test(text);
}
// coordinator/domain/named-index.ts
/** The job whose index a job names; undefined: it has one of its own. */
function indexOfSpec(spec) {
	return spec.shape === void 0 || spec.shape === "film" ? spec.indexOf : void 0;
}
function refusal(code, indexOf, why) {
	return new GridError(code, `indexOf ${indexOf}: ${why}`, { details: {
		field: "indexOf",
		value: indexOf
	} });
}
/** The error of a job whose index went away in the moment in which another one named it. */
function indexGone(indexOf) {
	return refusal("failed_precondition", indexOf, "its index has been collected: submit an index job");
}
/** The error of a job that is to be removed although others stand on its index. */
function indexInUse(jobId, jobs) {
	return new GridError("failed_precondition", `${jobs} other jobs use the index of job ${jobId} (indexOf): remove those first`, { details: {
		field: "job_id",
		value: jobId
	} });
}
/** Design section 4, failure policy; the limit of failures is for grids with fewer agents than that (FinalRip 3.3). */
function afterFailure({ failures, failedAgents, inputAtFault }) {
	if (inputAtFault || failedAgents.length >= 3) return "give_up";
	return failures >= 4 ? "give_up" : "again";
}
/** `lost`: attempts of the task that ended without a word, the last one included. */
function afterLoss(lost) {
	return lost >= 8 ? "give_up" : "again";
}
// coordinator/domain/task-kinds.ts
var PLAIN = {
	counts: false,
	must: [],
	may: [],
	files: false
};
/** All kinds, in the order in which the tasks of a job are shown. */
var TASK_KINDS = {
	index: {
		...PLAIN,
		role: "first",
		must: ["index"],
		may: ["sidecar"]
	},
	probe: {
		...PLAIN,
		role: "first"
	},
	encode: {
		...PLAIN,
		role: "part",
		counts: true,
		must: ["segment"]
	},
	audio: {
		...PLAIN,
		role: "part",
		must: ["audio"]
	},
	media: {
		...PLAIN,
		role: "part",
		counts: true,
		files: true
	},
	merge: {
		...PLAIN,
		role: "close",
		must: ["result"]
	},
	package: {
		...PLAIN,
		role: "close",
		files: true
	},
	clip: {
		...PLAIN,
		role: "aside",
		must: ["clip"]
	}
};
var ALL_KINDS = Object.keys(TASK_KINDS);
function kindsThat(fits) {
	return ALL_KINDS.filter((kind) => fits(TASK_KINDS[kind]));
}
var FIRST_KINDS = kindsThat(({ role }) => role === "first");
var PART_KINDS = kindsThat(({ role }) => role === "part");
var CLOSE_KINDS = kindsThat(({ role }) => role === "close");
var COUNTED_KINDS = kindsThat(({ counts }) => counts);
var FILE_KINDS = kindsThat(({ files }) => files);
/** Of these a job has one at a time: what such a task is busy with, the whole job is. */
var LONE_KINDS = kindsThat(({ role, files }) => role === "first" || role === "close" || files);
function roleOf(kind) {
	return TASK_KINDS[kind].role;
}
// coordinator/domain/job-machine.ts
var ENDED = /* @__PURE__ */ new Set([
	"succeeded",
	"failed",
	"cancelled"
]);
function isEnded(state) {
	return ENDED.has(state);
}
function refuse(message) {
	throw new GridError("failed_precondition", message);
}
/** Throws `failed_precondition` for a job that has ended. */
function checkCancel({ jobId, state }) {
	if (isEnded(state)) refuse(`job ${jobId} has ended already: it is ${state}`);
}
/** From where a retry goes on: the very start, or what was committed. */
function retryFrom({ jobId, state, planned: hasPlan, collected }) {
	if (state !== "failed" && state !== "cancelled") refuse(`job ${jobId} is ${state}: only a failed or cancelled job can be retried`);
	return hasPlan && !collected ? "parts" : "start";
}
/** From where a clip is done again. `not_found` when there is no such clip (yet). */
function redoClipFrom({ jobId, planned: hasPlan, collected }, clip) {
	if (!hasPlan || !clip.exists) throw noClip(jobId, clip.index);
	return collected ? "start" : "parts";
}
/** The error of a clip that the job has not, or not yet. */
function noClip(jobId, index) {
	return new GridError("not_found", `job ${jobId} has no clip ${index}`, { details: {
		field: "index",
		value: index
	} });
}
/** What a wanted merge means: one is under way, the job starts over, or its segments are merged again. */
function redoMergeFrom({ jobId, state, closes, planned: hasPlan, collected }, openTasks) {
	if (!closes) refuse(`job ${jobId} is not made of parts that are joined: there is nothing to merge`);
	if (state === "merging") return "joined";
	if (state !== "succeeded" && state !== "failed") refuse(`job ${jobId} is ${state}: some clips are not finished yet`);
	if (!hasPlan || openTasks > 0) refuse(`job ${jobId}: some clips are not finished yet`);
	return collected ? "start" : "merge";
}
// shared/file-names.ts
/** Artifacts of this prefix are files that a command named. */
var FILE_PREFIX = "file/";
/** The name of a file among artifacts. */
function fileArtifact(name) {
	return `${FILE_PREFIX}${name}`;
}
// coordinator/store/postgres/artifacts.ts
/** Every artifact that a task `t` names, of its parts too, as rows of JSON. */
var ARTIFACTS = sql`
  jsonb_array_elements(coalesce(t.output->'artifacts', '[]') || jsonb_path_query_array(t.parts, '$[*].artifact'))`;
/** Whether a row of `ARTIFACTS` is a file that a command named: it stays until its job is removed. */
function isFile(artifact) {
	return sql`starts_with(${artifact}->>'name', ${sql.lit(FILE_PREFIX)})`;
}
// coordinator/domain/task-machine.ts
/** States of a task that is still to be done; also those in which its lease may commit (L11). */
var UNFINISHED = ["ready", "leased"];
// coordinator/store/postgres/keep-attempt.ts
/**
* The end of `insert into attempts ...`: an attempt is known by its epoch, and its last end is the one that counts (an
* expired lease may be taken up again, or commit after all).
*/
var LAST_END_COUNTS = sql`
  on conflict (task_id, epoch) do update set outcome = excluded.outcome, ended_at = now(), code = excluded.code,
    message = excluded.message, log_tail = excluded.log_tail`;
// coordinator/store/postgres/end-job.ts
/**
* Takes back all unfinished tasks of a job: epoch + 1 (L1), so that nothing of a running attempt can be committed. The
* sessions that hold them hear of it by notification at the commit, else with their next heartbeat.
*/
async function cancelTasks(tx, jobId, reason) {
	const { rows } = await sql`
    with old as (
      select task_id, epoch, lease_id, session_id, state, agent_id, granted_at from tasks
      where job_id = ${jobId}::uuid and state = any(${UNFINISHED}::text[]) for update
    ), gone as (
      update tasks t set state = 'cancelled', epoch = t.epoch + 1, lease_expires_at = null, finished_at = now()
      from old where t.task_id = old.task_id
    ), kept as (
      insert into attempts (task_id, epoch, agent_id, granted_at, outcome)
      select task_id, epoch, agent_id, granted_at, 'cancelled' from old where state = 'leased' ${LAST_END_COUNTS}
    )
    select task_id, epoch, lease_id, session_id, state from old`.execute(tx);
	await notifyRevoked(tx, rows, reason);
}
/** One notification a lease: each is small, and PostgreSQL refuses payloads of 8,000 bytes. */
async function notifyRevoked(tx, rows, reason) {
	for (const row of rows) {
		if (row.state !== "leased") continue;
		await notify(tx, {
			revoke: {
				taskId: row.task_id,
				epoch: row.epoch,
				leaseId: row.lease_id
			},
			sessionId: row.session_id,
			reason
		});
	}
}
/** Ends a job in a bad state, with its reason. */
async function failJob(tx, jobId, failure) {
	await cancelTasks(tx, jobId, "cancelled");
	await sql`
    update jobs set state = 'failed', failure = ${JSON.stringify(failure)}::jsonb, finished_at = now()
    where job_id = ${jobId}::uuid`.execute(tx);
	await say(tx, {
		type: "job.state",
		jobId,
		data: {
			state: "failed",
			failure
		}
	});
}
// coordinator/store/postgres/kinds.ts
/** Kinds of tasks as literals: the planner of a statement sees them. They are the program's own words. */
function list(kinds) {
	return sql.join(kinds.map((kind) => sql.lit(kind)));
}
/** For `kind in (...)`; what each set is: domain/task-kinds.ts. */
var FIRST = list(FIRST_KINDS);
var PARTS = list(PART_KINDS);
var CLOSE = list(CLOSE_KINDS);
var COUNTED = list(COUNTED_KINDS);
var WITH_FILES = list(FILE_KINDS);
var LONE = list(LONE_KINDS);
/** For `array[...]`: all of them, in the order in which people see them. */
var IN_ORDER = list(ALL_KINDS);
// coordinator/store/postgres/save-part.ts
/** Frames of a task `t` that its committed parts hold. */
var SAVED_FRAMES = sql`coalesce((t.parts->-1->>'endFrame')::int, 0)`;
/** L2: fence, and where the last part ended, are in the WHERE: each frame is in one part, whoever says what how often. */
async function savePart(db, { taskId, epoch, leaseId }, part) {
	const held = sql`
    t.task_id = ${taskId}::uuid and t.epoch = ${epoch} and t.lease_id = ${leaseId}::uuid
      and t.state = any(${UNFINISHED}::text[])`;
	const { rows } = await sql`
    update tasks t set parts = t.parts || ${JSON.stringify([part])}::jsonb
    where ${held} and ${SAVED_FRAMES} = ${part.startFrame} and jsonb_array_length(t.parts) < ${200}
    returning t.task_id`.execute(db);
	if (rows.length > 0) return true;
	const { startFrame, endFrame, artifact } = part;
	const same = JSON.stringify([{
		startFrame,
		endFrame,
		epoch,
		artifact: { sha256: artifact.sha256 }
	}]);
	return (await sql`
    select t.task_id from tasks t where ${held} and t.parts @> ${same}::jsonb`.execute(db)).rows.length > 0;
}
// coordinator/store/postgres/job-rows.ts
/** Columns of a job with what its running tasks say. */
var JOB_COLUMNS = sql`
  j.job_id, j.owner_id, j.dialect, j.name,
  case when j.state = 'indexing' and j.started_at is null then 'queued' else j.state end as state,
  j.priority, j.spec, j.frames_total, j.frames_done, j.clips_total, j.clips_done, j.result, j.failure,
  j.created_at, j.started_at, j.finished_at, coalesce(r.frames, 0)::int as running_frames, coalesce(r.fps, 0) as running_fps,
  coalesce(r.speed, 0) as running_speed, coalesce(r.phase, '') as running_phase`;
/** Joined where a job has not ended: over its leased tasks only. */
var RUNNING = sql`
  left join lateral (
    select sum(least(t.frames_done, t.frames_total)) filter (where t.kind in (${COUNTED})) as frames,
      sum(t.fps) filter (where t.kind in (${COUNTED})) as fps, sum(t.speed) filter (where t.kind in (${COUNTED})) as speed,
      max(t.phase) filter (where t.kind in (${LONE})) as phase
    from tasks t
    where j.state in ('indexing', 'encoding', 'merging') and t.job_id = j.job_id and t.state = 'leased'
  ) r on true`;
function toJobView(row) {
	const framesDone = row.frames_done + row.running_frames;
	const left = row.frames_total - framesDone;
	return {
		jobId: row.job_id,
		ownerId: row.owner_id,
		dialect: row.dialect,
		name: row.name,
		state: row.state,
		priority: row.priority,
		spec: row.spec,
		framesTotal: row.frames_total,
		framesDone,
		clipsTotal: row.clips_total,
		clipsDone: row.clips_done,
		...row.state === "encoding" && row.running_fps > 0 ? { etaS: Math.max(0, left) / row.running_fps } : {},
		fps: row.running_fps,
		speed: row.running_speed,
		phase: row.running_phase,
		...row.result ? { result: row.result } : {},
		...row.failure ? { failure: row.failure } : {},
		createdAt: row.created_at,
		...row.started_at ? { startedAt: row.started_at } : {},
		...row.finished_at ? { finishedAt: row.finished_at } : {}
	};
}
var TASK_COLUMNS = sql`
  t.task_id, t.job_id, t.kind, t.clip_index, t.state, t.epoch, t.agent_id, a.name as agent_name, t.attempts, t.requires,
  t.failed_agents, t.frames_total, t.frames_done, ${SAVED_FRAMES} as frames_saved, t.fps, t.speed, t.phase, t.start_frame, t.end_frame, t.output, t.failure, t.log_tail,
  t.ready_at, t.granted_at, t.finished_at`;
function toTaskView(row) {
	return {
		taskId: row.task_id,
		jobId: row.job_id,
		kind: row.kind,
		...row.clip_index >= 0 ? { clipIndex: row.clip_index } : {},
		state: row.state,
		epoch: row.epoch,
		...row.agent_id ? { agentId: row.agent_id } : {},
		...row.agent_name ? { agentName: row.agent_name } : {},
		attempts: row.attempts,
		requires: row.requires,
		failedAgents: row.failed_agents,
		framesTotal: row.frames_total,
		framesDone: row.frames_done,
		framesSaved: row.frames_saved,
		fps: row.fps,
		speed: row.speed,
		phase: row.phase,
		...row.start_frame === null ? {} : { startFrame: row.start_frame },
		...row.end_frame === null ? {} : { endFrame: row.end_frame },
		...row.output ? { output: row.output } : {},
		...row.failure ? { failure: row.failure } : {},
		logTail: row.log_tail,
		readyAt: row.ready_at,
		...row.granted_at ? { grantedAt: row.granted_at } : {},
		...row.finished_at ? { finishedAt: row.finished_at } : {}
	};
}
// coordinator/store/postgres/job-reads.ts
/** The error of an id that does not exist, is no id, or belongs to somebody else. */
function noJob(jobId) {
	return new GridError("not_found", `there is no job ${jobId}`, { details: {
		field: "job_id",
		value: jobId
	} });
}
function noTask(taskId) {
	return new GridError("not_found", `there is no task ${taskId}`, { details: {
		field: "task_id",
		value: taskId
	} });
}
async function getJob(db, jobId, ownerId) {
	if (!isUuid(jobId)) throw noJob(jobId);
	const { rows } = await sql`
    select ${JOB_COLUMNS} from jobs j ${RUNNING}
    where j.job_id = ${jobId}::uuid and (${ownerId ?? null}::text is null or j.owner_id = ${ownerId ?? null})`.execute(db);
	const row = rows[0];
	if (row === void 0) throw noJob(jobId);
	return toJobView(row);
}
async function knownSource(db, jobId, ownerId) {
	if (!isUuid(jobId)) throw noJob(jobId);
	const { rows } = await sql`
    select spec, state, plan, collected_at is not null as collected from jobs
    where job_id = ${jobId}::uuid and owner_id = ${ownerId}`.execute(db);
	const [row] = rows;
	if (row === void 0) throw noJob(jobId);
	const { plan, ...known } = row;
	return {
		...known,
		...plan ? { plan } : {}
	};
}
function badCursor(cursor) {
	return new GridError("invalid_argument", `cursor ${JSON.stringify(cursor)} is not one that a list gave`, { details: {
		field: "cursor",
		value: cursor
	} });
}
/** The 30th of February is one to JavaScript, and an error to PostgreSQL. */
function isDay(at) {
	const time = new Date(at);
	return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(at.slice(0, 16));
}
function parseCursor(cursor) {
	const [at, id] = Buffer.from(cursor, "base64url").toString().split("|");
	if (!(at !== void 0 && /^[1-9]\d{3}-\d\d-\d\dT[\d:.]{8,15}Z$/.test(at) && isDay(at)) || id === void 0 || !isUuid(id)) throw badCursor(cursor);
	return {
		at,
		id
	};
}
/** Newest first. The cursor holds the full precision of the database's time, so that no job is skipped. */
async function listJobs(db, query) {
	const cursor = query.cursor === void 0 ? void 0 : parseCursor(query.cursor);
	const states = query.states === void 0 ? null : [...query.states];
	const stored = new Set(states?.map((state) => state === "queued" ? "indexing" : state));
	const one = stored.size === 1 ? [...stored].join() : null;
	const { rows } = await sql`
    select ${JOB_COLUMNS}, to_char(j.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at_text
    from jobs j ${RUNNING}
    where (${query.ownerId ?? null}::text is null or j.owner_id = ${query.ownerId ?? null})
      and (${query.dialect ?? null}::text is null or j.dialect = ${query.dialect ?? null})
      and (${query.idempotencyKey ?? null}::text is null or j.idempotency_key = ${query.idempotencyKey ?? null})
      and (${one}::text is null or j.state = ${one})
      and (${states}::text[] is null
        or (case when j.state = 'indexing' and j.started_at is null then 'queued' else j.state end) = any(${states}::text[]))
      and (${cursor?.at ?? null}::timestamptz is null
        or (j.created_at, j.job_id) < (${cursor?.at ?? null}::timestamptz, ${cursor?.id ?? null}::uuid))
    order by j.created_at desc, j.job_id desc limit ${query.limit + 1}`.execute(db);
	const items = rows.slice(0, query.limit);
	const last = items.at(-1);
	const more = rows.length > query.limit && last !== void 0;
	return {
		items: items.map(toJobView),
		...more ? { nextCursor: Buffer.from(`${last.at_text}|${last.job_id}`).toString("base64url") } : {}
	};
}
var KIND_ORDER = sql`array_position(array[${IN_ORDER}], t.kind)`;
async function tasksOfJob(db, jobId) {
	if (!isUuid(jobId)) throw noJob(jobId);
	const { rows } = await sql`
    select ${TASK_COLUMNS} from tasks t left join agents a using (agent_id) where t.job_id = ${jobId}::uuid
    order by ${KIND_ORDER}, t.clip_index`.execute(db);
	return rows.map(toTaskView);
}
/** After the task that the cursor names by kind and clip: there is one of each in a job. */
async function listTasks(db, { jobId, limit, cursor }) {
	if (!isUuid(jobId)) throw noJob(jobId);
	const after = cursor === void 0 ? "" : Buffer.from(cursor, "base64url").toString();
	const [, kind = "0", clip = "-1"] = /^([1-9]\d?)\|(-1|\d{1,9})$/.exec(after) ?? [];
	if (cursor !== void 0 && kind === "0") throw badCursor(cursor);
	const { rows } = await sql`
    select ${TASK_COLUMNS}, ${KIND_ORDER} as kind_order from tasks t left join agents a using (agent_id)
    where t.job_id = ${jobId}::uuid and (${KIND_ORDER}, t.clip_index) > (${Number(kind)}::int, ${Number(clip)}::int)
    order by ${KIND_ORDER}, t.clip_index limit ${limit + 1}`.execute(db);
	const shown = rows.slice(0, limit);
	const last = shown.at(-1);
	const more = rows.length > limit && last !== void 0;
	return {
		items: shown.map(toTaskView),
		...more ? { nextCursor: Buffer.from(`${last.kind_order}|${last.clip_index}`).toString("base64url") } : {}
	};
}
async function tasksOfAgent(db, agentId, ownerId) {
	const { rows } = await sql`
    select ${TASK_COLUMNS} from tasks t left join agents a using (agent_id)
    where t.agent_id = ${agentId} and t.state = 'leased' and (${ownerId ?? null}::text is null
      or exists (select from jobs j where j.job_id = t.job_id and j.owner_id = ${ownerId ?? null})) order by t.granted_at`.execute(db);
	return rows.map(toTaskView);
}
/** The files that the committed tasks of a job brought, in no particular order. */
async function filesOfJob(db, jobId) {
	if (!isUuid(jobId)) throw noJob(jobId);
	const { rows } = await sql`
    select (select jsonb_agg(a) from tasks t, ${ARTIFACTS} a
      where t.job_id = j.job_id and t.kind in (${WITH_FILES}) and t.state = 'succeeded' and ${isFile(sql`a`)}) as files
    from jobs j where j.job_id = ${jobId}::uuid`.execute(db);
	const [row] = rows;
	if (row === void 0) throw noJob(jobId);
	return row.files ?? [];
}
async function outcomeOfTask(db, jobId, kind) {
	if (!isUuid(jobId)) throw noJob(jobId);
	const { rows } = await sql`
    select (select t.output->'result' from tasks t where t.job_id = j.job_id and t.kind = ${kind}
      and t.state = 'succeeded' order by t.clip_index limit 1) as result
    from jobs j where j.job_id = ${jobId}::uuid`.execute(db);
	const [row] = rows;
	if (row === void 0) throw noJob(jobId);
	return row.result ?? void 0;
}
async function getTask(db, taskId) {
	if (!isUuid(taskId)) throw noTask(taskId);
	const { rows } = await sql`
    select ${TASK_COLUMNS} from tasks t left join agents a using (agent_id)
    where t.task_id = ${taskId}::uuid`.execute(db);
	const row = rows[0];
	if (row === void 0) throw noTask(taskId);
	return toTaskView(row);
}
// coordinator/store/postgres/clip-reads.ts
function toClipView(columns) {
	const [index, state, attempts, agentName, framesDone, framesTotal, failure, segmentSha256] = columns;
	return {
		index,
		state,
		attempts,
		...agentName ? { agentName } : {},
		framesDone,
		framesTotal,
		...failure ? { failure } : {},
		...segmentSha256 ? { segmentSha256 } : {}
	};
}
/** All in one JSON text: the driver takes ten times as long for as many rows and columns. */
async function clipsOfJob(db, jobId) {
	if (!isUuid(jobId)) throw noJob(jobId);
	const { rows } = await sql`
    select json_agg(json_build_array(t.clip_index, t.state, t.attempts, a.name, t.frames_done, t.frames_total, t.failure,
      case when t.state = 'succeeded' and t.parts = '[]'
        then jsonb_path_query_first(t.output, '$.artifacts[*] ? (@.name == "segment").sha256') end)
      order by t.clip_index) as clips
    from tasks t left join agents a using (agent_id) where t.job_id = ${jobId}::uuid and t.kind = 'encode'`.execute(db);
	return (rows[0]?.clips ?? []).map(toClipView);
}
/** The first ready task of each kind is found by the index of job, kind and clip, without a look at the others. */
async function openWork(db, jobId) {
	if (!isUuid(jobId)) throw noJob(jobId);
	const { rows } = await sql`
    select facts.*, r.* from (
      select exists (select from tasks where job_id = ${jobId}::uuid and kind in (${COUNTED})) as has_clips,
        exists (select from tasks where job_id = ${jobId}::uuid and state = 'leased') as is_running
    ) facts left join lateral (
      select one.* from unnest(array[${IN_ORDER}]) with ordinality k(kind, place),
      lateral (
        select ${TASK_COLUMNS} from tasks t left join agents a using (agent_id)
        where t.job_id = ${jobId}::uuid and t.kind = k.kind and t.state = 'ready' order by t.clip_index limit 1
      ) one order by k.place limit 1
    ) r on true`.execute(db);
	const [row] = rows;
	return {
		hasClips: row?.has_clips ?? false,
		isRunning: row?.is_running ?? false,
		...row?.task_id ? { firstReady: toTaskView(row) } : {}
	};
}
/** Made of the transactions that wrote the rows last: every write of a row is another one. Names of agents come from elsewhere. */
async function stampOf(db, jobId) {
	if (!isUuid(jobId)) throw noJob(jobId);
	const { rows } = await sql`
    select concat_ws(' ', j.xmin, t.count, t.hash) as stamp from jobs j, lateral (
      select count(*), sum(hashtextextended(concat_ws(' ', t.task_id, t.xmin, a.name), 0)) as hash
      from tasks t left join agents a using (agent_id) where t.job_id = j.job_id
    ) t where j.job_id = ${jobId}::uuid`.execute(db);
	const [row] = rows;
	if (row === void 0) throw noJob(jobId);
	return row.stamp;
}
// coordinator/store/postgres/insert-tasks.ts
/** Inserts the tasks of one job in one statement. A task that exists already (a merge again) becomes ready anew: epoch + 1. */
async function insertTasks(tx, jobId, tasks) {
	const ranges = tasks.map((task) => task.spec.kind?.$case === "encode" ? task.spec.kind.value.range : void 0);
	await sql`
    insert into tasks (task_id, job_id, kind, clip_index, priority, job_order, cost, spec, requires, frames_total,
      start_frame, end_frame)
    select n.task_id, j.job_id, n.kind, n.clip_index, j.priority, j.created_at, n.cost, n.spec,
      array(select jsonb_array_elements_text(n.requires)), n.frames_total, n.start_frame, n.end_frame
    from jobs j, unnest(
      ${tasks.map((task) => task.taskId)}::uuid[],
      ${tasks.map((task) => task.kind)}::text[],
      ${tasks.map((task) => task.clipIndex ?? -1)}::int[],
      ${tasks.map((task) => task.cost)}::float8[],
      ${tasks.map((task) => Buffer.from(TaskSpec.encode(task.spec).finish()))}::bytea[],
      ${tasks.map((task) => JSON.stringify(task.requires))}::jsonb[],
      ${tasks.map((task) => task.framesTotal)}::int[],
      ${ranges.map((range) => range?.startFrame ?? null)}::int[],
      ${ranges.map((range) => range?.endFrame ?? null)}::int[]
    ) as n(task_id, kind, clip_index, cost, spec, requires, frames_total, start_frame, end_frame)
    where j.job_id = ${jobId}::uuid
    on conflict (job_id, kind, clip_index) do update set state = 'ready', epoch = tasks.epoch + 1, spec = excluded.spec,
      requires = excluded.requires, cost = excluded.cost, frames_total = excluded.frames_total, ready_at = now(),
      lease_id = null, lease_expires_at = null, finished_at = null, output = null, failure = null, attempts = 0, lost = 0,
      failed_agents = '{}', frames_done = 0`.execute(tx);
}
// coordinator/domain/job-shape.ts
/** Jobs that were stored before there were shapes are films. */
function shapeOf(spec) {
	return spec.shape ?? "film";
}
/** Whether a task joins the parts when they are all there; else the job ends with them. */
function hasClose(spec) {
	return CLOSES[shapeOf(spec)];
}
var CLOSES = {
	film: true,
	media: false,
	index: false
};
/** Of a job that ends with its parts, the file that is its result, of what they left; undefined: there is none. */
function resultFile(spec, outputs) {
	if (spec.shape !== "media") return void 0;
	const name = fileArtifact(spec.command.outputName);
	return outputs.flatMap((output) => output.artifacts).find((artifact) => artifact.name === name);
}
// coordinator/domain/fence.ts
/** One text for one lease. */
function fenceKey({ taskId, epoch, leaseId }) {
	return `${taskId}/${epoch}/${leaseId}`;
}
// coordinator/store/postgres/commit.ts
/**
* All completions of one tick. The fence is in the WHERE (L2); an expired lease that nobody got since still counts (L11).
* Clips that leave their job unfinished are one statement. The rest is one transaction; if that fails, the clips stay
* committed, and saying them again is harmless (L3).
*/
async function commit(db, completions, rules) {
	if (completions.length === 0) return [];
	const done = await markParts(db, completions.filter(isPart));
	const jobs = new Map(done.map((row) => [keyOfRow(row), row.job_id]));
	const rest = completions.filter((one) => !jobs.has(fenceKey(one.fence)));
	const repeated = rest.length === 0 ? /* @__PURE__ */ new Set() : await commitRest(db, {
		rest,
		rules,
		jobs
	});
	return completions.map(({ fence }) => {
		const jobId = jobs.get(fenceKey(fence));
		const again = repeated.has(fenceKey(fence));
		return {
			committed: jobId !== void 0 || again,
			repeated: again,
			...jobId ? { jobId } : {}
		};
	});
}
function keyOfRow(row) {
	return fenceKey({
		taskId: row.task_id,
		epoch: row.epoch,
		leaseId: row.lease_id
	});
}
/** By what it brings; whether the task is one, the statement says. */
function isPart({ output }) {
	const kind = output.result.kind?.$case;
	return kind !== void 0 && roleOf(kind) === "part";
}
/** Commits what may take a job to its next stage (L10). Returns the fences that were committed before. */
async function commitRest(db, { rest, rules, jobs }) {
	return db.transaction().execute(async (tx) => {
		await lockJobs(tx, rest);
		const done = await markDone(tx, rest);
		for (const row of done) jobs.set(keyOfRow(row), row.job_id);
		const others = rest.filter((one) => !jobs.has(fenceKey(one.fence)));
		const repeated = others.length === 0 ? /* @__PURE__ */ new Set() : await alreadyCommitted(tx, others);
		await advance(tx, {
			done,
			completions: rest,
			rules
		});
		return repeated;
	});
}
/** Jobs before tasks, in one order: cancel and redo lock the same way, so nobody waits in a circle. */
async function lockJobs(tx, completions) {
	await sql`
    select job_id from jobs where job_id in (
      select job_id from tasks where task_id = any(${completions.map((one) => one.fence.taskId)}::uuid[]))
    order by job_id for no key update`.execute(tx);
}
/** Clips and audio of jobs that have more open tasks than these, so that none of these is the last (L10). */
async function markParts(db, parts) {
	if (parts.length === 0) return [];
	const { rows } = await sql`
    with ${saidDone(parts)}, part as materialized (
      -- By task id alone: with the job's id as a way in, the planner would read all tasks of a job.
      select c.*, t.job_id from said_done c join tasks t using (task_id) where t.kind in (${PARTS})
    ), going as materialized (
      select j.job_id from jobs j join (select job_id, count(*) as parts from part group by job_id) p using (job_id)
      where j.state = 'encoding' and j.open_tasks > p.parts
      order by j.job_id for no key update of j
    ), ${done(sql`(select * from part join going using (job_id))`)}, counted as (
      update jobs j set open_tasks = j.open_tasks - d.tasks, clips_done = j.clips_done + d.clips,
        frames_done = j.frames_done + d.frames
      from (
        select job_id, count(*)::int as tasks, count(*) filter (where kind in (${COUNTED}))::int as clips,
          coalesce(sum(frames_total) filter (where kind in (${COUNTED})), 0)::int as frames
        from done group by job_id
      ) d
      where j.job_id = d.job_id
    )
    select task_id, epoch, lease_id, job_id, kind, frames_total from done`.execute(db);
	return rows;
}
async function markDone(tx, completions) {
	const { rows } = await sql`
    with ${saidDone(completions)}, ${done(sql`said_done`)}
    select task_id, epoch, lease_id, job_id, kind, frames_total from done`.execute(tx);
	return rows;
}
/** `said_done`: the completions as rows. */
function saidDone(completions) {
	return sql`
    said_done as (
      select * from unnest(
        ${completions.map((one) => one.fence.taskId)}::uuid[],
        ${completions.map((one) => one.fence.epoch)}::int[],
        ${completions.map((one) => one.fence.leaseId)}::uuid[],
        ${completions.map((one) => JSON.stringify(one.output))}::jsonb[],
        ${completions.map((one) => one.logTail)}::text[]) as c(task_id, epoch, lease_id, output, log_tail)
    )`;
}
/** Frames of the clip that the completion `c` leaves to parts of earlier attempts; parts within its segment are not needed. */
var RESUMED = sql`coalesce((c.output#>>'{result,kind,value,resumedFrames}')::int, 0)`;
/** `done`: the tasks of `source`, rows like `said_done`, whose fence holds, committed; and what is kept of each. */
function done(source) {
	return sql`
    done as (
      update tasks t set state = 'succeeded', output = c.output, log_tail = c.log_tail, frames_done = t.frames_total,
        finished_at = now(), lease_expires_at = null, failure = null,
        parts = jsonb_path_query_array(t.parts, '$[*] ? (@.endFrame <= $resumed)', jsonb_build_object('resumed', ${RESUMED}))
      from ${source} c
      where t.task_id = c.task_id and t.epoch = c.epoch and t.lease_id = c.lease_id
        and t.state = any(${UNFINISHED}::text[])
        and (${RESUMED} = 0 or t.parts @> jsonb_build_array(jsonb_build_object('endFrame', ${RESUMED})))
      returning t.task_id, t.epoch, t.lease_id, t.job_id, t.kind, t.clip_index, t.frames_total, t.agent_id, t.granted_at
    ), kept as (
      insert into attempts (task_id, epoch, agent_id, granted_at, outcome)
      select task_id, epoch, agent_id, granted_at, 'succeeded' from done
      on conflict (task_id, epoch) do update set outcome = 'succeeded', ended_at = now(), code = null, message = null
    ), said as (
      insert into events (type, job_id, task_id, agent_id, owner_id, data)
      select 'task.succeeded', d.job_id, d.task_id, d.agent_id, j.owner_id,
        jsonb_build_object('kind', d.kind, 'clip', d.clip_index)
      from done d join jobs j using (job_id)
    )`;
}
/** L3: the same lease with the same content said it before. */
async function alreadyCommitted(tx, others) {
	const { rows } = await sql`
    select task_id, lease_id, epoch, output from tasks
    where state = 'succeeded' and task_id = any(${others.map((one) => one.fence.taskId)}::uuid[])`.execute(tx);
	const byId = new Map(rows.map((row) => [row.task_id, row]));
	const digests = (artifacts) => artifacts.map((one) => `${one.name}:${one.sha256}`).join();
	const same = others.filter((one) => {
		const row = byId.get(one.fence.taskId);
		if (row === void 0 || row.lease_id !== one.fence.leaseId || row.epoch !== one.fence.epoch) return false;
		return digests(row.output.artifacts) === digests(one.output.artifacts);
	});
	return new Set(same.map((one) => fenceKey(one.fence)));
}
async function advance(tx, { done, completions, rules }) {
	const byFence = new Map(completions.map((one) => [fenceKey(one.fence), one]));
	for (const row of done) {
		const completion = byFence.get(keyOfRow(row));
		if (completion === void 0) continue;
		const role = roleOf(row.kind);
		if (role === "first") await startParts(tx, row.job_id, {
			completion,
			rules
		});
		if (role === "close") await finishJob(tx, row.job_id, resultOf(completion.output));
	}
	await countDone(tx, {
		done,
		completions,
		rules
	});
}
async function startParts(tx, jobId, { completion, rules }) {
	const { plan, planFailure } = completion;
	if (plan === void 0) {
		await failJob(tx, jobId, planFailure ?? {
			code: "internal",
			stage: "plan",
			message: "no plan",
			log: ""
		});
		return;
	}
	const counted = plan.tasks.filter((task) => TASK_KINDS[task.kind].counts);
	const clips = counted.length;
	const frames = counted.reduce((sum, task) => sum + task.framesTotal, 0);
	await insertTasks(tx, jobId, plan.tasks.map((task) => ({
		...task,
		taskId: rules.newTaskId()
	})));
	await sql`
    update jobs set state = 'encoding', plan = ${JSON.stringify(plan.summary)}::jsonb, open_tasks = ${plan.tasks.length},
      clips_total = ${clips}, clips_done = 0, frames_done = 0, frames_total = ${frames}
    where job_id = ${jobId}::uuid`.execute(tx);
	if (plan.tasks.length === 0) return finishJob(tx, jobId, void 0);
	await say(tx, {
		type: "job.planned",
		jobId,
		data: {
			clips,
			frames
		}
	});
	await say(tx, {
		type: "job.state",
		jobId,
		data: { state: "encoding" }
	});
}
function resultOf({ artifacts }) {
	return artifacts.find((artifact) => artifact.name === "result");
}
async function finishJob(tx, jobId, result) {
	await sql`
    update jobs set state = 'succeeded', result = ${result ? JSON.stringify(result) : null}::jsonb, failure = null,
      finished_at = now()
    where job_id = ${jobId}::uuid`.execute(tx);
	await say(tx, {
		type: "job.state",
		jobId,
		data: { state: "succeeded" }
	});
}
async function countDone(tx, { done, rules }) {
	const parts = done.filter((row) => roleOf(row.kind) === "part");
	if (parts.length === 0) return;
	const clips = parts.map((row) => TASK_KINDS[row.kind].counts ? 1 : 0);
	const { rows } = await sql`
    update jobs j set open_tasks = j.open_tasks - d.tasks, clips_done = j.clips_done + d.clips,
      frames_done = j.frames_done + d.frames
    from (
      select job_id, count(*)::int as tasks, sum(clip)::int as clips, sum(frames * clip)::int as frames
      from unnest(${parts.map((row) => row.job_id)}::uuid[], ${clips}::int[],
        ${parts.map((row) => row.frames_total)}::int[]) as u(job_id, clip, frames) group by job_id
    ) d
    where j.job_id = d.job_id and j.state = 'encoding'
    returning j.job_id, j.open_tasks, j.spec, j.plan`.execute(tx);
	for (const job of rows) if (job.open_tasks === 0) await afterParts(tx, job, rules);
}
/** L10: in the transaction of the last part. */
async function afterParts(tx, job, rules) {
	if (hasClose(job.spec)) return startMerging(tx, job, rules);
	const { rows } = await sql`
    select output from tasks where job_id = ${job.job_id}::uuid and kind in (${PARTS})`.execute(tx);
	const result = resultFile(job.spec, rows.map((row) => row.output));
	await finishJob(tx, job.job_id, result);
}
async function startMerging(tx, job, rules) {
	const { rows } = await sql`
    select kind, output, parts from tasks where job_id = ${job.job_id}::uuid and kind in (${PARTS})
    order by clip_index`.execute(tx);
	const audio = rows.find((row) => row.kind === "audio")?.output;
	const encodes = rows.filter((row) => row.kind === "encode").map(({ output, parts }) => ({
		...output,
		parts
	}));
	const task = rules.merge({
		spec: job.spec,
		plan: job.plan,
		encodes,
		...audio ? { audio } : {}
	});
	await insertTasks(tx, job.job_id, [{
		...task,
		taskId: rules.newTaskId()
	}]);
	await sql`update jobs set state = 'merging' where job_id = ${job.job_id}::uuid`.execute(tx);
	await say(tx, {
		type: "job.state",
		jobId: job.job_id,
		data: { state: "merging" }
	});
}
// coordinator/store/postgres/reopen.ts
async function lockJob(tx, jobId, ownerId) {
	const { rows } = await sql`
    select job_id, state, spec, plan, collected_at from jobs
    where job_id = ${jobId}::uuid and (${ownerId ?? null}::text is null or owner_id = ${ownerId ?? null})
    for no key update`.execute(tx);
	const job = rows[0];
	if (job === void 0) throw noJob(jobId);
	return job;
}
/** What the domain decides by. */
function factsOf(job) {
	return {
		jobId: job.job_id,
		state: job.state,
		closes: hasClose(job.spec),
		planned: job.plan !== null,
		collected: job.collected_at !== null
	};
}
/** Puts tasks back to the start: epoch + 1, no history, running attempts revoked (L1). */
async function resetTasks(tx, jobId, which) {
	const { rows } = await sql`
    with old as (
      select task_id, epoch, lease_id, session_id, state from tasks
      where job_id = ${jobId}::uuid and kind = any(${[...which.kinds]}::text[])
        and (${which.all} or state in ('failed', 'cancelled') or clip_index = ${which.clip ?? -2}) for update
    ), reset as (
      update tasks t set state = 'ready', epoch = t.epoch + 1, lease_id = null, lease_expires_at = null,
        ready_at = now(), finished_at = null, output = null, failure = null, attempts = 0, lost = 0, failed_agents = '{}',
        frames_done = 0, fps = 0, speed = 0, phase = '', log_tail = '', parts = '[]'
      from old where t.task_id = old.task_id
    )
    select * from old`.execute(tx);
	await notifyRevoked(tx, rows, "superseded");
}
/** The merge is not wanted any more, wherever it is. */
async function dropMerge(tx, jobId) {
	const { rows } = await sql`
    with old as (
      select task_id, epoch, lease_id, session_id, state from tasks
      where job_id = ${jobId}::uuid and kind in (${CLOSE}) and state <> 'cancelled' for update
    ), gone as (
      update tasks t set state = 'cancelled', epoch = t.epoch + 1, lease_id = null, lease_expires_at = null, output = null
      from old where t.task_id = old.task_id
    )
    select * from old`.execute(tx);
	await notifyRevoked(tx, rows, "superseded");
}
/**
* Sets a job's stage and counters from what its tasks say. Its merge is made anew, or not wanted before the open parts are
* there: one change either way (L1).
*/
async function recount(tx, job, rules) {
	const { rows } = await sql`
    update jobs j set state = 'encoding', result = null, failure = null, finished_at = null, open_tasks = c.open,
      clips_done = c.clips, frames_done = c.frames
    from (
      select count(*) filter (where state <> 'succeeded')::int as open,
        count(*) filter (where state = 'succeeded' and kind in (${COUNTED}))::int as clips,
        coalesce(sum(frames_total) filter (where state = 'succeeded' and kind in (${COUNTED})), 0)::int as frames
      from tasks where job_id = ${job.job_id}::uuid and kind in (${PARTS})
    ) c where j.job_id = ${job.job_id}::uuid returning j.open_tasks`.execute(tx);
	await say(tx, {
		type: "job.state",
		jobId: job.job_id,
		data: { state: "encoding" }
	});
	if (rows[0]?.open_tasks === 0 && job.plan) await afterParts(tx, {
		job_id: job.job_id,
		spec: job.spec,
		plan: job.plan
	}, rules);
	else await dropMerge(tx, job.job_id);
	await notify(tx, { wake: "tasks" });
}
/** From the very start: there is no plan, or what was made of it has been collected. */
async function startOver(tx, job, rules) {
	await forgetFailures(tx, job.job_id);
	if (indexOfSpec(job.spec) !== void 0) {
		await resetTasks(tx, job.job_id, {
			kinds: PART_KINDS,
			all: true
		});
		await sql`update jobs set collected_at = null where job_id = ${job.job_id}::uuid`.execute(tx);
		return recount(tx, job, rules);
	}
	await dropMerge(tx, job.job_id);
	await resetTasks(tx, job.job_id, {
		kinds: PART_KINDS,
		all: true
	});
	await sql`delete from tasks where job_id = ${job.job_id}::uuid and kind not in (${FIRST})`.execute(tx);
	await resetTasks(tx, job.job_id, {
		kinds: FIRST_KINDS,
		all: true
	});
	await sql`
    update jobs set state = 'indexing', plan = null, result = null, failure = null, finished_at = null,
      collected_at = null, open_tasks = 0, clips_total = 0, clips_done = 0, frames_total = 0, frames_done = 0
    where job_id = ${job.job_id}::uuid`.execute(tx);
	await say(tx, {
		type: "job.state",
		jobId: job.job_id,
		data: { state: "indexing" }
	});
	await notify(tx, { wake: "tasks" });
}
async function forgetFailures(tx, jobId) {
	await sql`delete from job_agent_failures where job_id = ${jobId}::uuid`.execute(tx);
}
/** Failed or cancelled: on from what was committed. */
async function retryJob(tx, jobId, options) {
	const job = await lockJob(tx, jobId, options.ownerId);
	if (retryFrom(factsOf(job)) === "start") return startOver(tx, job, options.rules);
	await forgetFailures(tx, jobId);
	await resetTasks(tx, jobId, {
		kinds: PART_KINDS,
		all: false
	});
	await recount(tx, job, options.rules);
}
async function redoClip(tx, redo) {
	const job = await lockJob(tx, redo.jobId);
	const { rows } = await sql`
    select task_id, spec from tasks
    where job_id = ${redo.jobId}::uuid and kind = 'encode' and clip_index = ${redo.clipIndex}`.execute(tx);
	const task = rows[0];
	if (task === void 0) throw noClip(redo.jobId, redo.clipIndex);
	if (redoClipFrom(factsOf(job), {
		index: redo.clipIndex,
		exists: true
	}) === "start") return startOver(tx, job, redo.rules);
	await forgetFailures(tx, redo.jobId);
	await resetTasks(tx, redo.jobId, {
		kinds: PART_KINDS,
		clip: redo.clipIndex,
		all: false
	});
	if (redo.change) {
		const changed = redo.respec(TaskSpec.decode(task.spec), redo.change);
		await sql`
      update tasks set spec = ${Buffer.from(TaskSpec.encode(changed.spec).finish())}, requires = ${[...changed.requires]}::text[],
        priority = greatest(priority, ${redo.change.priority ?? 0}::int)
      where task_id = ${task.task_id}::uuid`.execute(tx);
	}
	await recount(tx, job, redo.rules);
}
/** The merge again, from the segments that are there; one that waits or runs is joined. */
async function redoMerge(tx, jobId, rules) {
	const job = await lockJob(tx, jobId);
	const { rows } = await sql`
    select count(*)::int as open from tasks
    where job_id = ${jobId}::uuid and kind in (${PARTS}) and state <> 'succeeded'`.execute(tx);
	const from = redoMergeFrom(factsOf(job), rows[0]?.open ?? 0);
	if (from === "joined") return;
	if (from === "start") return startOver(tx, job, rules);
	await recount(tx, job, rules);
}
// coordinator/store/postgres/export-clip.ts
/**
* Returns the id of the clip's `clip` task; makes it, or makes it ready again after it failed or its bytes were collected:
* while it is `succeeded` they are there.
*/
async function exportClip(tx, { jobId, clipIndex, build }) {
	await lockJob(tx, jobId);
	const { rows } = await sql`
    select task_id, kind, state, spec from tasks
    where job_id = ${jobId}::uuid and clip_index = ${clipIndex} and kind in ('encode', 'clip')`.execute(tx);
	const encode = rows.find((row) => row.kind === "encode");
	if (encode === void 0) throw noClip(jobId, clipIndex);
	const known = rows.find((row) => row.kind === "clip");
	if (known && [
		"ready",
		"leased",
		"succeeded"
	].includes(known.state)) return known.task_id;
	const task = build(TaskSpec.decode(encode.spec));
	await insertTasks(tx, jobId, [task]);
	await notify(tx, { wake: "tasks" });
	return known?.task_id ?? task.taskId;
}
// coordinator/store/postgres/submit.ts
/** A job and its first task, or all that are planned, in the caller's transaction. */
async function submit(tx, job) {
	const { jobId, name, dialect, plan, spec } = job;
	const indexOf = plan && indexOfSpec(spec);
	if (indexOf !== void 0) await keepIndex(tx, indexOf, plan?.index?.key);
	const clips = job.tasks.filter((task) => TASK_KINDS[task.kind].counts);
	const begin = {
		state: plan ? "encoding" : "indexing",
		openTasks: plan ? job.tasks.length : 0,
		clips: clips.length,
		frames: clips.reduce((sum, clip) => sum + clip.framesTotal, 0)
	};
	const { rows } = await sql`
    insert into jobs (job_id, owner_id, dialect, name, state, priority, spec, spec_hash, idempotency_key, plan, open_tasks,
      clips_total, frames_total, started_at, index_of)
    values (${jobId}::uuid, ${job.ownerId}, ${dialect}, ${name}, ${begin.state}, ${job.priority},
      ${JSON.stringify(spec)}::jsonb, ${job.specHash}, ${job.idempotencyKey ?? null},
      ${plan ? JSON.stringify(plan) : null}::jsonb, ${begin.openTasks}, ${begin.clips}, ${begin.frames},
      case when ${plan !== void 0} then now() end, ${indexOf ?? null}::uuid)
    on conflict (owner_id, idempotency_key) where idempotency_key is not null do nothing
    returning job_id`.execute(tx);
	if (rows.length === 0) return existing(tx, job);
	await insertTasks(tx, jobId, job.tasks);
	await say(tx, {
		type: "job.created",
		jobId,
		data: {
			name,
			dialect
		}
	});
	if (plan) {
		await say(tx, {
			type: "job.planned",
			jobId,
			data: {
				clips: begin.clips,
				frames: begin.frames
			}
		});
		await say(tx, {
			type: "job.state",
			jobId,
			data: { state: "encoding" }
		});
	}
	await notify(tx, { wake: "tasks" });
	return getJob(tx, jobId);
}
/** From now on the index stays until its job is removed, and that is not while another one stands on it. */
async function keepIndex(tx, indexOf, key) {
	const { rows } = await sql`
    update jobs set index_kept = true
    where job_id = ${indexOf}::uuid and collected_at is null and plan->'index'->>'key' = ${key ?? null}
    returning job_id`.execute(tx);
	if (rows.length === 0) throw indexGone(indexOf);
}
async function existing(tx, job) {
	const { rows } = await sql`
    select job_id, spec_hash from jobs
    where owner_id = ${job.ownerId} and idempotency_key = ${job.idempotencyKey ?? null}`.execute(tx);
	const row = rows[0];
	if (row?.spec_hash === job.specHash) return getJob(tx, row.job_id);
	throw new GridError("already_exists", `Idempotency-Key ${job.idempotencyKey} was used for another job (${row?.job_id}): use a new key for a new job`, { details: {
		field: "Idempotency-Key",
		value: job.idempotencyKey
	} });
}
// coordinator/store/postgres/job-store.ts
function inside(db, tx, work) {
	return tx ? work(tx) : db.transaction().execute(work);
}
function checkId(id, error) {
	if (!isUuid(id)) throw error(id);
}
async function cancel(tx, jobId, ownerId) {
	checkCancel(factsOf(await lockJob(tx, jobId, ownerId)));
	await cancelTasks(tx, jobId, "cancelled");
	await sql`update jobs set state = 'cancelled', finished_at = now() where job_id = ${jobId}::uuid`.execute(tx);
	await say(tx, {
		type: "job.state",
		jobId,
		data: { state: "cancelled" }
	});
}
async function remove(tx, jobId, ownerId) {
	await lockJob(tx, jobId, ownerId);
	const { rows } = await sql`
    select count(*)::int as jobs from jobs where index_of = ${jobId}::uuid`.execute(tx);
	if (rows[0] && rows[0].jobs > 0) throw indexInUse(jobId, rows[0].jobs);
	await cancelTasks(tx, jobId, "cancelled");
	await sql`
    insert into garbage (refs)
    select jsonb_agg(jsonb_build_object('bucket', a->>'bucket', 'key', a->>'key'))
    from tasks t, ${ARTIFACTS} a where t.job_id = ${jobId}::uuid
    having count(*) > 0`.execute(tx);
	await say(tx, {
		type: "job.removed",
		jobId
	});
	await sql`
    delete from attempts a using tasks t where t.job_id = ${jobId}::uuid and a.task_id = t.task_id`.execute(tx);
	await sql`delete from jobs where job_id = ${jobId}::uuid`.execute(tx);
}
async function lockTask(tx, taskId) {
	await sql`select 1 from jobs where job_id = (select job_id from tasks where task_id = ${taskId}::uuid)
    for no key update`.execute(tx);
	const { rows } = await sql`
    select task_id, job_id, kind, clip_index, state, epoch, lease_id, session_id from tasks
    where task_id = ${taskId}::uuid for update`.execute(tx);
	const task = rows[0];
	if (task === void 0) throw noTask(taskId);
	return task;
}
async function cancelTask(tx, taskId) {
	const task = await lockTask(tx, taskId);
	if (task.state !== "ready" && task.state !== "leased") throw new GridError("failed_precondition", `task ${taskId} has ended already: it is ${task.state}`);
	const failure = {
		code: "cancelled",
		stage: task.kind,
		message: `an administrator cancelled the ${task.kind} task`,
		log: "",
		...task.clip_index >= 0 ? { clipIndex: task.clip_index } : {}
	};
	if (roleOf(task.kind) === "aside") return cancelExport(tx, task, failure);
	await failJob(tx, task.job_id, failure);
}
/** A clip that was only to be looked at: the film goes on. */
async function cancelExport(tx, task, failure) {
	await sql`
    update tasks set state = 'cancelled', epoch = epoch + 1, lease_expires_at = null, finished_at = now(),
      failure = ${JSON.stringify(failure)}::jsonb where task_id = ${task.task_id}::uuid`.execute(tx);
	await say(tx, {
		type: "task.cancelled",
		jobId: task.job_id,
		taskId: task.task_id
	});
	await notifyRevoked(tx, [task], "cancelled");
}
/** A running task again: it goes back to the queue and the attempt is revoked. A failed one needs its job: `retry`. */
async function retryTask(tx, taskId) {
	const task = await lockTask(tx, taskId);
	if (task.state !== "leased") throw new GridError("failed_precondition", `task ${taskId} is ${task.state}: only a running task can be started again; retry its job`);
	await sql`
    update tasks set state = 'ready', epoch = epoch + 1, ready_at = now(), lease_expires_at = null, lease_id = null,
      attempts = 0, lost = 0, failed_agents = '{}', frames_done = 0, fps = 0, speed = 0, phase = '', log_tail = '', failure = null,
      parts = '[]'
    where task_id = ${taskId}::uuid`.execute(tx);
	await notifyRevoked(tx, [task], "superseded");
	await notify(tx, { wake: "tasks" });
}
/** Jobs and tasks on PostgreSQL. */
function postgresJobStore(db) {
	const run = (work) => db.transaction().execute(work);
	return {
		submit: (job, tx) => inside(db, tx, (inner) => submit(inner, job)),
		get: (jobId, ownerId, tx) => getJob(tx ?? db, jobId, ownerId),
		knownSource: (jobId, ownerId) => knownSource(db, jobId, ownerId),
		list: (query) => listJobs(db, query),
		tasks: (jobId) => tasksOfJob(db, jobId),
		files: (jobId) => filesOfJob(db, jobId),
		outcome: (jobId, kind) => outcomeOfTask(db, jobId, kind),
		clips: (jobId) => clipsOfJob(db, jobId),
		stamp: (jobId) => stampOf(db, jobId),
		openWork: (jobId) => openWork(db, jobId),
		listTasks: (query) => listTasks(db, query),
		tasksOfAgent: (agentId, ownerId) => tasksOfAgent(db, agentId, ownerId),
		task: (taskId) => getTask(db, taskId),
		async cancel(jobId, ownerId, tx) {
			checkId(jobId, noJob);
			await inside(db, tx, (inner) => cancel(inner, jobId, ownerId));
		},
		async retry(jobId, rules, ownerId) {
			checkId(jobId, noJob);
			await run((tx) => retryJob(tx, jobId, {
				rules,
				...ownerId === void 0 ? {} : { ownerId }
			}));
		},
		async remove(jobId, ownerId, tx) {
			checkId(jobId, noJob);
			await inside(db, tx, (inner) => remove(inner, jobId, ownerId));
		},
		async redoClip(redo, tx) {
			checkId(redo.jobId, noJob);
			await inside(db, tx, (inner) => redoClip(inner, redo));
		},
		async redoMerge(jobId, rules, tx) {
			checkId(jobId, noJob);
			await inside(db, tx, (inner) => redoMerge(inner, jobId, rules));
		},
		async exportClip(jobId, clipIndex, build) {
			checkId(jobId, noJob);
			return getTask(db, await run((tx) => exportClip(tx, {
				jobId,
				clipIndex,
				build
			})));
		},
		async cancelTask(taskId) {
			checkId(taskId, noTask);
			await run((tx) => cancelTask(tx, taskId));
		},
		async retryTask(taskId) {
			checkId(taskId, noTask);
			await run((tx) => retryTask(tx, taskId));
		},
		async countByState() {
			const { rows } = await sql`
        select case when state = 'indexing' and started_at is null then 'queued' else state end as state,
          count(*)::int as count from jobs group by 1`.execute(db);
			return new Map(rows.map((row) => [row.state, row.count]));
		}
	};
}
// coordinator/domain/sweep.ts
/** What is measured by the referee's clock is this exact at best: statements overtake each other. */
var CLOCK_SLACK_MS = 1e3;
/** Longer than a sweeper that works is ever away. */
var SWEPT_LATELY_MS = 6e4;
/**
* How far the referee's clock has jumped between two sweeps; 0 where nobody can tell. `passedMs`: between them on that
* clock, `atMostMs`: on one that does not jump.
*/
function jumpBetween(passedMs, atMostMs, outageMs) {
	if (passedMs < -1e3) return passedMs;
	const tooMuchMs = passedMs - atMostMs;
	return tooMuchMs > outageMs ? tooMuchMs : 0;
}
// coordinator/store/postgres/give-up.ts
/** Locks the job of a task: before the task, in every transaction, so that nobody waits in a circle. */
async function lockJobOf(tx, taskId) {
	await sql`select 1 from jobs where job_id = (select job_id from tasks where task_id = ${taskId}::uuid)
    for no key update`.execute(tx);
}
/** Ends a task for good, and its job with it. */
async function giveUp(tx, task, failure) {
	await sql`
    update tasks set state = 'failed', finished_at = now(), failure = ${JSON.stringify(failure)}::jsonb
    where task_id = ${task.taskId}::uuid`.execute(tx);
	if (roleOf(task.kind) !== "aside") await failJob(tx, task.jobId, failure);
}
/** Gives a task up that has lost its agents too often, unless somebody took it, or finished it, meanwhile. */
async function giveUpLost(db, lost) {
	await db.transaction().execute(async (tx) => {
		await lockJobOf(tx, lost.task_id);
		const { rows } = await sql`
      select t.job_id, t.kind, t.clip_index, t.log_tail, coalesce(a.name, t.agent_id) as agent
      from tasks t left join agents a using (agent_id)
      where t.task_id = ${lost.task_id}::uuid and t.state = 'ready' and t.epoch = ${lost.epoch}
        and t.lost >= ${lost.lost} for update of t`.execute(tx);
		const task = rows[0];
		if (task === void 0) return;
		const failure = {
			code: "lost_lease",
			stage: task.kind,
			message: `${lost.lost} attempts ended without a word from their agents, the last one on ${task.agent}: the task may be what brings them down (memory?)`,
			log: task.log_tail,
			...task.clip_index >= 0 ? { clipIndex: task.clip_index } : {}
		};
		await giveUp(tx, {
			taskId: lost.task_id,
			jobId: task.job_id,
			kind: task.kind
		}, failure);
	});
}
// coordinator/store/postgres/expire.ts
/**
* Ends leases whose time is over by the database's clock (L4). The first sweep after a gap ends none and puts expiry on
* hold for one ttl, because agents could not renew while nobody was there to listen (L12).
*
* That clock may jump. Jumped on, it looks like an outage, which costs nobody a lease. Jumped back, it leaves leases that
* end too late: they are cut to one ttl. No time in here is older than its statement: a process that was stopped between
* two of them must not take its own age for a jump.
*/
async function expire(db, options) {
	const ended = await db.transaction().execute(async (tx) => {
		if (await markSweep(tx, options)) return [];
		const { rows: lost } = await sql`
      with too_late as (
        select task_id from tasks where state = 'leased'
          and lease_expires_at > statement_timestamp() + ${options.ttlMs + CLOCK_SLACK_MS} * interval '1 millisecond'
        order by lease_expires_at limit ${options.limit} for update skip locked
      ), cut as (
        update tasks t set lease_expires_at = clock_timestamp() + ${options.ttlMs} * interval '1 millisecond'
        from too_late where t.task_id = too_late.task_id
      ), due as (
        select task_id from tasks where state = 'leased' and lease_expires_at <= now()
        order by lease_expires_at limit ${options.limit} for update skip locked
      ), ended as (
        update tasks t set state = 'ready', ready_at = now(), lease_expires_at = null, lost = t.lost + 1
        from due where t.task_id = due.task_id
        returning t.task_id, t.job_id, t.epoch, t.agent_id, t.granted_at, t.kind, t.clip_index, t.lost
      ), kept as (
        insert into attempts (task_id, epoch, agent_id, granted_at, outcome, code, message)
        select task_id, epoch, agent_id, granted_at, 'expired', 'lost_lease', 'the agent stopped renewing its lease'
        from ended ${LAST_END_COUNTS}
      ), said as (
        insert into events (type, job_id, task_id, agent_id, owner_id, data)
        select 'task.expired', e.job_id, e.task_id, e.agent_id, j.owner_id,
          jsonb_build_object('kind', e.kind, 'clip', e.clip_index)
        from ended e join jobs j using (job_id)
      )
      select task_id, epoch, lost from ended`.execute(tx);
		return lost;
	});
	for (const task of ended) if (afterLoss(task.lost) === "give_up") await giveUpLost(db, task);
	return ended.length;
}
/** Leaves the mark of this sweep; true: expiry is on hold. */
async function markSweep(tx, options) {
	const { outageMs, ttlMs } = options;
	const { rows } = await sql`
    with last as (select swept_at from sweeper for update)
    update sweeper s set swept_at = clock_timestamp(), held_until = case
      when clock_timestamp() - s.swept_at > ${outageMs} * interval '1 millisecond'
      then clock_timestamp() + ${ttlMs} * interval '1 millisecond'
      else least(s.held_until + least(clock_timestamp() - s.swept_at, interval '0'),
        clock_timestamp() + ${ttlMs} * interval '1 millisecond') end
    from last
    returning s.held_until > s.swept_at as held, (extract(epoch from s.swept_at - last.swept_at) * 1000)::float8 as passed_ms
    `.execute(tx);
	const [row] = rows;
	if (row === void 0) return true;
	const jumpMs = jumpBetween(row.passed_ms, options.sinceMs?.() ?? 1e400, outageMs);
	if (jumpMs !== 0) await followJump(tx, jumpMs);
	return row.held;
}
/** What else is measured by a clock that jumped goes with it: when agents were heard, deadlines of drains, idle uploads. */
async function followJump(tx, jumpMs) {
	const jump = sql`${jumpMs} * interval '1 millisecond'`;
	await sql`update agents set last_seen_at = last_seen_at + ${jump}, drain_until = drain_until + ${jump}`.execute(tx);
	await sql`update uploads set touched_at = touched_at + ${jump} where state = 'open'`.execute(tx);
	if (jumpMs > 0) return;
	await sql`update webhook_deliveries set due_at = due_at + ${jump} where state = 'pending'`.execute(tx);
	await sql`update sign_in_failures set ends_at = ends_at + ${jump}`.execute(tx);
}
/** A task that has waited long enough competes with the class above it, so that it is never starved. */
async function raiseWaiting(db, afterMs, priority) {
	await sql`
    update tasks set priority = ${priority}
    where state = 'ready' and priority < ${priority}
      and ready_at < now() - ${afterMs} * interval '1 millisecond'`.execute(db);
}
// coordinator/store/postgres/fail.ts
/** One failed attempt: the task is ready again, or it and its job have failed for good (design section 4). */
async function fail(db, input) {
	const { fence, failure, agentId } = input;
	return db.transaction().execute(async (tx) => {
		await lockJobOf(tx, fence.taskId);
		const { rows } = await sql`
      with old as (
        select task_id, not (${agentId} = any(failed_agents)) as first_of_agent from tasks
        where task_id = ${fence.taskId}::uuid and epoch = ${fence.epoch} and lease_id = ${fence.leaseId}::uuid
          and agent_id = ${agentId} and state = 'leased' for update
      )
      update tasks t set state = 'ready', ready_at = now(), lease_expires_at = null, lease_id = null,
        failure = ${JSON.stringify(failure)}::jsonb, log_tail = ${failure.log},
        failed_agents = case when old.first_of_agent then t.failed_agents || ${agentId}::text else t.failed_agents end
      from old where t.task_id = old.task_id
      returning t.job_id, t.kind, t.attempts - t.lost as failures, t.failed_agents, old.first_of_agent`.execute(tx);
		const row = rows[0];
		if (row === void 0) return false;
		await recordFailure(tx, input, row);
		if (afterFailure({
			failures: row.failures,
			failedAgents: row.failed_agents,
			inputAtFault: input.inputAtFault
		}) === "again") await notify(tx, { wake: "tasks" });
		else await giveUp(tx, {
			taskId: fence.taskId,
			jobId: row.job_id,
			kind: row.kind
		}, failure);
		return true;
	});
}
async function recordFailure(tx, input, row) {
	const { fence, failure, agentId } = input;
	await sql`
    insert into attempts (task_id, epoch, agent_id, granted_at, outcome, code, message, log_tail)
    select task_id, epoch, agent_id, granted_at, 'failed', ${failure.code}, ${failure.message}, ${failure.log}
    from tasks where task_id = ${fence.taskId}::uuid ${LAST_END_COUNTS}`.execute(tx);
	if (row.first_of_agent) await sql`
      insert into job_agent_failures (job_id, agent_id, failures) values (${row.job_id}::uuid, ${agentId}, 1)
      on conflict (job_id, agent_id) do update set failures = job_agent_failures.failures + 1`.execute(tx);
	const { log: _, ...said } = failure;
	await say(tx, {
		type: "task.failed",
		jobId: row.job_id,
		taskId: fence.taskId,
		agentId,
		data: said
	});
}
/** The agent gives a lease back unfinished; that is no failure and costs no attempt. */
async function release(db, fence, agentId) {
	return db.transaction().execute(async (tx) => {
		const { rows } = await sql`
      with back as (
        update tasks set state = 'ready', ready_at = now(), lease_expires_at = null, lease_id = null,
          attempts = attempts - 1
        where task_id = ${fence.taskId}::uuid and epoch = ${fence.epoch} and lease_id = ${fence.leaseId}::uuid
          and agent_id = ${agentId} and state = 'leased'
        returning task_id, job_id, epoch, agent_id, granted_at
      ), kept as (
        insert into attempts (task_id, epoch, agent_id, granted_at, outcome)
        select task_id, epoch, agent_id, granted_at, 'released' from back ${LAST_END_COUNTS}
      )
      select job_id from back`.execute(tx);
		const jobId = rows[0]?.job_id;
		if (jobId === void 0) return false;
		await say(tx, {
			type: "task.released",
			jobId,
			taskId: fence.taskId,
			agentId
		});
		await notify(tx, { wake: "tasks" });
		return true;
	});
}
// coordinator/domain/waiting.ts
var WORDS = { "tool:vapoursynth": "VapourSynth (on the agent: Python 3.12 or newer, then `npm run setup`, and start the agent again)" };
/** Says a capability as a person would. */
function inWords(capability) {
	const known = WORDS[capability];
	if (known !== void 0) return known;
	const [kind, name] = capability.split(":");
	if (kind === "encoder") return `the encoder ${name}, proved by encoding a frame`;
	if (kind === "program") return `the program ${name}`;
	return capability;
}
var HOUR_MS = 36e5;
/** L15: why a task was given up for which nobody who can do it was there for so long. */
function unableFailure({ kind, clipIndex, requires }, waitedMs) {
	return {
		code: "tool_missing",
		stage: kind,
		message: `in ${Number((waitedMs / HOUR_MS).toPrecision(3))} hours (CLIPGRID_MAX_WAIT_H) no agent was there${requires.length === 0 ? "" : ` that has ${requires.map(inWords).join("; ")}`}: start one, then retry the job`,
		log: "",
		...clipIndex >= 0 ? { clipIndex } : {}
	};
}
// coordinator/store/postgres/give-up-waiting.ts
/**
* L15: ends tasks that wait for somebody who is never there. Whoever was seen within the limit may come back; after an
* outage, or a jump of the clock, the time begins anew, because agents could not be seen (L12): the next sweep says so.
*/
async function giveUpWaiting(db, { maxWaitMs, limit }) {
	const { rows } = await sql`
    with bound as (
      select now() - ${maxWaitMs} * interval '1 millisecond' as since from sweeper
      where held_until < now() - ${maxWaitMs} * interval '1 millisecond'
        and swept_at > now() - ${SWEPT_LATELY_MS} * interval '1 millisecond'
    )
    select distinct on (t.job_id) t.task_id, t.job_id, t.kind, t.clip_index, t.epoch, t.requires
    from tasks t, bound b
    where t.state = 'ready' and t.ready_at < b.since and not exists (
      select 1 from agents a where t.requires <@ a.capabilities and a.last_seen_at > b.since)
    order by t.job_id, t.clip_index limit ${limit}`.execute(db);
	let ended = 0;
	for (const task of rows) if (await giveUpOne(db, task, maxWaitMs)) ended++;
	return ended;
}
/** False: somebody took it, or ended it, meanwhile. */
async function giveUpOne(db, task, maxWaitMs) {
	return db.transaction().execute(async (tx) => {
		await lockJobOf(tx, task.task_id);
		const { rows } = await sql`
      select 1 from tasks where task_id = ${task.task_id}::uuid and state = 'ready' and epoch = ${task.epoch}
      for update`.execute(tx);
		if (rows.length === 0) return false;
		const { task_id: taskId, job_id: jobId, kind, clip_index: clipIndex, requires } = task;
		await giveUp(tx, {
			taskId,
			jobId,
			kind
		}, unableFailure({
			kind,
			clipIndex,
			requires
		}, maxWaitMs));
		return true;
	});
}
// coordinator/store/lease-store.ts
/** The agents that a placement of these candidates must know of. */
async function knownTo(request, candidates) {
	return candidates.some((one) => one.failedAgents.length + one.bannedAgents.length > 0) ? request.known() : [];
}
// coordinator/store/postgres/grant.ts
/**
* Looks for ready tasks that some capacity could run, places them, leases them (L1, L2). Two statements and no transaction
* around them: between the two another coordinator may take a task, so the second one takes only what is ready then and
* held by nobody.
*/
async function grant(db, request) {
	const candidates = await findReady(db, request.capacities);
	const known = await knownTo(request, candidates);
	const placements = request.place(candidates, request.capacities, known);
	if (placements.length === 0) return [];
	return (await lease(db, placements, request)).map(toGranted);
}
async function findReady(db, capacities) {
	const slots = capacities.reduce((sum, capacity) => sum + capacity.freeSlots, 0);
	if (slots === 0) return [];
	const { rows } = await sql`
    select t.task_id, t.requires, t.failed_agents,
      coalesce((select array_agg(f.agent_id) from job_agent_failures f
        where f.job_id = t.job_id and f.failures >= ${3}), '{}') as banned_agents
    from tasks t
    where t.state = 'ready' and (${runnable(capacities)})
    order by t.priority desc, t.job_order, t.cost desc, t.task_id
    limit ${slots + 32}`.execute(db);
	return rows.map((row) => ({
		taskId: row.task_id,
		requires: row.requires,
		failedAgents: row.failed_agents,
		bannedAgents: row.banned_agents
	}));
}
async function lease(db, placements, { newLeaseId, ttlMs }) {
	const { rows } = await sql`
    with wanted as (
      select w.* from ${RELAXED}, unnest(
        ${placements.map((one) => one.taskId)}::uuid[],
        ${placements.map((one) => one.agentId)}::text[],
        ${placements.map((one) => one.sessionId)}::uuid[],
        ${placements.map(() => newLeaseId())}::uuid[]) as w(task_id, agent_id, session_id, lease_id)
    ), free as (
      -- In one order, and waiting for nobody: two coordinators that want the same tasks share them.
      select w.* from wanted w join tasks t using (task_id)
      where t.state = 'ready' order by t.task_id for update of t skip locked
    ), leased as (
      update tasks t set state = 'leased', epoch = t.epoch + 1, lease_id = w.lease_id, agent_id = w.agent_id,
        session_id = w.session_id, lease_expires_at = now() + ${ttlMs} * interval '1 millisecond',
        granted_at = now(), attempts = t.attempts + 1, frames_done = 0, fps = 0, speed = 0, phase = '', log_tail = ''
      from free w join agents a on a.agent_id = w.agent_id and a.session_id = w.session_id and a.state = 'online'
      where t.task_id = w.task_id and t.state = 'ready'
      returning t.task_id, t.epoch, t.lease_id, t.session_id, t.agent_id, t.job_id, t.kind, t.spec, t.clip_index,
        ${SAVED_FRAMES} as saved_frames,
        extract(epoch from clock_timestamp() - t.ready_at) * 1000 as waited_ms
    ), started as (
      -- Tasks are locked before jobs only here: whoever ends the job now is not waited for.
      update jobs j set started_at = now() where j.job_id in (
        select job_id from jobs join leased l using (job_id) where l.kind in (${FIRST}) and started_at is null
        for no key update of jobs skip locked)
    ), said as (
      insert into events (type, job_id, task_id, agent_id, owner_id, data)
      select 'task.granted', l.job_id, l.task_id, l.agent_id, j.owner_id,
        jsonb_build_object('kind', l.kind, 'clip', l.clip_index, 'epoch', l.epoch, 'saved', l.saved_frames)
      from leased l join jobs j using (job_id)
    )
    select * from leased`.execute(db);
	return rows;
}
/** Whether one of the kinds of agents has all that a task requires. */
function runnable(capacities) {
	const kinds = [...new Set(capacities.map((one) => one.capabilities))];
	return sql.join(kinds.map((kind) => sql`t.requires <@ ${[...kind]}::text[]`), sql` or `);
}
function toGranted(row) {
	return {
		fence: {
			taskId: row.task_id,
			epoch: row.epoch,
			leaseId: row.lease_id
		},
		sessionId: row.session_id,
		agentId: row.agent_id,
		jobId: row.job_id,
		kind: row.kind,
		clipIndex: row.clip_index,
		spec: TaskSpec.decode(row.spec),
		savedFrames: row.saved_frames,
		waitedMs: Number(row.waited_ms)
	};
}
// coordinator/store/postgres/renew.ts
function toFence(row) {
	return {
		taskId: row.task_id,
		epoch: row.epoch,
		leaseId: row.lease_id
	};
}
/**
* All heartbeats of one tick in one statement. A lease whose time is over is not renewed, unless nobody could have
* renewed it in time: the sweeper was away or expiry is on hold (L12).
*/
async function renew(db, renewals, ttlMs) {
	if (renewals.length === 0) return [];
	const { rows } = await sql`
    update tasks t set lease_expires_at = now() + ${ttlMs} * interval '1 millisecond',
      frames_done = greatest(t.frames_done, r.frames_done), fps = r.fps, speed = r.speed, phase = r.phase,
      log_tail = case when r.log_tail = '' then t.log_tail else r.log_tail end
    from sweeper s, ${RELAXED}, unnest(
      ${renewals.map((one) => one.fence.taskId)}::uuid[],
      ${renewals.map((one) => one.fence.epoch)}::int[],
      ${renewals.map((one) => one.fence.leaseId)}::uuid[],
      ${renewals.map((one) => one.sessionId)}::uuid[],
      ${renewals.map((one) => one.framesDone)}::int[],
      ${renewals.map((one) => one.fps)}::real[],
      ${renewals.map((one) => one.speed ?? 0)}::real[],
      ${renewals.map((one) => one.phase)}::text[],
      ${renewals.map((one) => one.logTail)}::text[]
    ) as r(task_id, epoch, lease_id, session_id, frames_done, fps, speed, phase, log_tail)
    where t.task_id = r.task_id and t.epoch = r.epoch and t.lease_id = r.lease_id and t.session_id = r.session_id
      and t.state = 'leased'
      and (t.lease_expires_at > now() or s.held_until > now() or s.swept_at < t.lease_expires_at)
    returning t.task_id, t.epoch, t.lease_id`.execute(db);
	return rows.map(toFence);
}
/**
* L8: what the returning agent lists moves to its new session if the fence still matches, also when the lease expired
* meanwhile and nobody else was granted it; the rest of its leases goes back. After a restart that was an attempt which
* ended without a word, else the agent has only never heard of the grant, or given it up by itself.
*/
async function adopt(db, input) {
	const { kept, lost } = await db.transaction().execute(async (tx) => {
		if ((await sql`
      select 1 from agents where agent_id = ${input.agentId} and session_id = ${input.sessionId}::uuid
      for share`.execute(tx)).rows.length === 0) throw tookOver(input.agentId);
		const { rows } = await sql`
      update tasks t set state = 'leased', session_id = ${input.sessionId}::uuid,
        lease_expires_at = now() + ${input.ttlMs} * interval '1 millisecond',
        lost = case when t.state = 'ready' then greatest(0, t.lost - 1) else t.lost end
      from unnest(
        ${input.held.map((one) => one.taskId)}::uuid[],
        ${input.held.map((one) => one.epoch)}::int[],
        ${input.held.map((one) => one.leaseId)}::uuid[]) as h(task_id, epoch, lease_id)
      where t.task_id = h.task_id and t.epoch = h.epoch and t.lease_id = h.lease_id
        and t.agent_id = ${input.agentId} and t.state = any(${UNFINISHED}::text[])
      returning t.task_id, t.epoch, t.lease_id`.execute(tx);
		return {
			kept: rows.map(toFence),
			lost: await giveBack(tx, input)
		};
	});
	for (const task of lost) if (afterLoss(task.lost) === "give_up") await giveUpLost(db, task);
	return kept;
}
async function giveBack(tx, input) {
	const { rows } = await sql`
    with given_back as (
      update tasks set state = 'ready', ready_at = now(), lease_expires_at = null, lease_id = null,
        attempts = attempts - ${input.restarted ? 0 : 1}::int, lost = lost + ${input.restarted ? 1 : 0}::int
      where agent_id = ${input.agentId} and state = 'leased' and session_id <> ${input.sessionId}::uuid
      returning task_id, epoch, agent_id, granted_at, lost
    ), kept as (
      insert into attempts (task_id, epoch, agent_id, granted_at, outcome)
      select task_id, epoch, agent_id, granted_at, ${input.restarted ? "expired" : "released"} from given_back
      ${LAST_END_COUNTS}
    )
    select task_id, epoch, lost from given_back`.execute(tx);
	return input.restarted ? rows : [];
}
/** Leaves a broken stream's leases a short time for its return. */
async function shorten(db, sessionId, graceMs) {
	await sql`
    update tasks set lease_expires_at = least(lease_expires_at, now() + ${graceMs} * interval '1 millisecond')
    where session_id = ${sessionId}::uuid and state = 'leased'`.execute(db);
}
// coordinator/store/postgres/revoke-drained.ts
/**
* L13: what an agent still holds so long after the deadline of its drain goes back. The agent gives it back by itself at the
* deadline; this is for the one that does not. As with a lease that was given back, the attempt does not count, and nothing
* of it can be committed any more.
*/
async function revokeDrained(db, options) {
	return db.transaction().execute(async (tx) => {
		const { rows } = await sql`
      with due as (
        select t.task_id, t.lease_id from agents a join tasks t on t.agent_id = a.agent_id and t.state = 'leased'
        where a.drain_requested and a.drain_until <= now() - ${options.graceMs} * interval '1 millisecond'
        order by t.task_id limit ${options.limit} for update of t skip locked
      ), back as (
        update tasks t set state = 'ready', ready_at = now(), lease_expires_at = null, lease_id = null,
          attempts = attempts - 1
        from due where t.task_id = due.task_id
        returning t.task_id, t.job_id, t.epoch, due.lease_id, t.session_id, t.agent_id, t.granted_at
      ), kept as (
        insert into attempts (task_id, epoch, agent_id, granted_at, outcome, code, message)
        select task_id, epoch, agent_id, granted_at, 'released', 'lost_lease', 'the deadline of the drain was over'
        from back ${LAST_END_COUNTS}
      ), said as (
        insert into events (type, job_id, task_id, agent_id, owner_id, data)
        select 'task.released', b.job_id, b.task_id, b.agent_id, j.owner_id, '{"reason": "drained"}'::jsonb
        from back b join jobs j using (job_id)
      )
      select task_id, epoch, lease_id, session_id, 'leased' as state from back`.execute(tx);
		await notifyRevoked(tx, rows, "drained");
		if (rows.length > 0) await notify(tx, { wake: "tasks" });
		return rows.length;
	});
}
// coordinator/store/postgres/lease-store.ts
async function context(db, fence) {
	const { rows } = await sql`
    select t.job_id, t.agent_id, t.kind, t.clip_index, t.spec, j.spec as job_spec from tasks t join jobs j using (job_id)
    where t.task_id = ${fence.taskId}::uuid and t.epoch = ${fence.epoch} and t.lease_id = ${fence.leaseId}::uuid
      and t.state in ('leased', 'ready', 'succeeded')`.execute(db);
	const row = rows[0];
	if (row === void 0) return void 0;
	return {
		jobId: row.job_id,
		agentId: row.agent_id,
		kind: row.kind,
		clipIndex: row.clip_index,
		spec: TaskSpec.decode(row.spec),
		jobSpec: row.job_spec
	};
}
/** The lease rules on PostgreSQL; one statement or transaction a file beside this one. */
function postgresLeaseStore(db) {
	return {
		grant: (request) => grant(db, request),
		renew: (renewals, ttlMs) => renew(db, renewals, ttlMs),
		adopt: (input) => adopt(db, input),
		shorten: (sessionId, graceMs) => shorten(db, sessionId, graceMs),
		context: (fence) => context(db, fence),
		commit: (completions, rules) => commit(db, completions, rules),
		savePart: (fence, part) => savePart(db, fence, part),
		fail: (failure) => fail(db, failure),
		release: (fence, agentId) => release(db, fence, agentId),
		expire: (options) => expire(db, options),
		revokeDrained: (options) => revokeDrained(db, options),
		giveUpWaiting: (limit) => giveUpWaiting(db, limit),
		raiseWaiting: (afterMs, priority) => raiseWaiting(db, afterMs, priority)
	};
}
// coordinator/store/postgres/pool.ts
var INT8 = 20;
/** The server ends what takes longer ... */
var STATEMENT_MS = 14e3;
/** ... so one that says nothing is gone without a word: the system takes a quarter of an hour to find that out. */
var SILENT_MS = 15e3;
/** A process that is stopped within a transaction must not keep its locks from all others. */
var IDLE_MS = 1e4;
/**
* Everything here is short and by index. Tables grow by 10,000 rows between two looks of autovacuum, and with the default
* costs of spinning disks the planner then reads and sorts all of them.
*/
var SESSION = "-c random_page_cost=1.1 -c enable_bitmapscan=off -c jit=off";
/** Opens the pool. bigint columns become numbers: sizes and sequences stay below 2^53. */
function openPool(options) {
	const pool = new pg.Pool({
		connectionString: options.connectionString,
		max: options.max,
		connectionTimeoutMillis: 5e3,
		statement_timeout: STATEMENT_MS,
		idle_in_transaction_session_timeout: options.idleMs ?? IDLE_MS,
		types: { getTypeParser: ((oid, format) => oid === INT8 ? Number : pg.types.getTypeParser(oid, format ?? "text")) },
		options: SESSION
	});
	pool.on("error", options.onError);
	pool.on("connect", (client) => {
		client.on("error", () => void 0);
		endWhenSilent(client, options.silentMs ?? SILENT_MS);
	});
	return {
		db: new Kysely({ dialect: new PostgresDialect({ pool }) }),
		pool
	};
}
/** Connections that nobody uses are closed before that, so whoever is silent for so long was asked something. */
function endWhenSilent({ connection: { stream } }, silentMs) {
	if (!(stream instanceof Socket)) return;
	const message = `the database has said nothing for ${silentMs / 1e3} s`;
	stream.setTimeout(silentMs, () => stream.destroy(Object.assign(new Error(message), { code: "ETIMEDOUT" })));
}
export { openPool, postgresAgentStore, postgresJobStore, postgresLeaseStore };
