// Classic BPF, the language of the kernel's socket filters: its instructions, by what they do.

/** One instruction: code, jump if true, jump if false, operand (struct sock_filter). */
export type Instruction = readonly [code: number, jt: number, jf: number, k: number];

export const LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
export const LOAD_HALF = 0x28; // BPF_LD | BPF_H | BPF_ABS
export const LOAD_BYTE = 0x30; // BPF_LD | BPF_B | BPF_ABS
export const LOAD_HALF_AT_X = 0x48; // BPF_LD | BPF_H | BPF_IND
export const LOAD_STORED = 0x60; // BPF_LD | BPF_MEM
export const LOAD_STORED_TO_X = 0x61; // BPF_LDX | BPF_MEM
export const STORE = 0x02; // BPF_ST
export const ADD = 0x04; // BPF_ALU | BPF_ADD | BPF_K
export const ADD_X = 0x0c; // BPF_ALU | BPF_ADD | BPF_X
export const MULTIPLY = 0x24; // BPF_ALU | BPF_MUL | BPF_K
export const AND = 0x54; // BPF_ALU | BPF_AND | BPF_K
export const SHIFT_LEFT = 0x64; // BPF_ALU | BPF_LSH | BPF_K
export const SHIFT_RIGHT = 0x74; // BPF_ALU | BPF_RSH | BPF_K
export const XOR_X = 0xac; // BPF_ALU | BPF_XOR | BPF_X
export const JUMP = 0x05; // BPF_JMP | BPF_JA
export const JUMP_IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
export const JUMP_IF_NOT_LESS = 0x35; // BPF_JMP | BPF_JGE | BPF_K
export const TO_X = 0x07; // BPF_MISC | BPF_TAX
export const RETURN = 0x06; // BPF_RET | BPF_K
export const RETURN_VALUE = 0x16; // BPF_RET | BPF_A

/** Where a load finds a random number: SKF_AD_OFF + SKF_AD_RANDOM. */
export const RANDOM = 0xfffff038;
/** Where a load finds the packet's first header, of IP: SKF_NET_OFF. */
export const NETWORK_HEADER = 0xfff00000;
/** Sizes of the headers before TCP's, which starts with the client's port. */
export const IPV4_HEADER = 20;
export const IPV6_HEADER = 40;
/** Where the client's address is in them. */
export const IPV4_SOURCE = 12;
export const IPV6_SOURCE = 8;
/** Where an IPv6 header says what follows it. */
export const IPV6_NEXT = 6;
export const IS_TCP = 6;

/** The most instructions that the kernel takes (BPF_MAXINSNS). */
export const MOST_INSTRUCTIONS = 4096;
