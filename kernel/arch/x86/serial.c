/*
 * The registers of the serial line that is the console.
 */
#include "arch/arch.h"

#define PORT_COM1 0x3f8 /* the first serial port of every PC */

u8 arch_uart_read(int reg)
{
	return port_read8(PORT_COM1 + reg);
}

void arch_uart_write(int reg, u8 value)
{
	port_write8(PORT_COM1 + reg, value);
}
