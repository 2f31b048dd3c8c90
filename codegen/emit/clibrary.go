package emit

import (
	"slices"
	"strings"
)

// inLibrary says that a name is a function's of the C11 standard library, a macro's that is called like one, or that
// of a function which compilers call unasked. A kernel of that name would take the function's place in the whole
// program, without a word from the linker.
func inLibrary(name string) bool {
	if strings.HasPrefix(name, "atomic_") || slices.Contains(libraryFunctions, name) {
		return true
	}
	float, long := strings.TrimSuffix(name, "f"), strings.TrimSuffix(name, "l")
	return slices.ContainsFunc(mathFunctions, func(f string) bool { return f == name || f == float || f == long })
}

// mathFunctions are those of math.h and complex.h that have variants for float and long double, which end in f and l.
var mathFunctions = strings.Fields(`
acos acosh asin asinh atan atan2 atanh cabs cacos cacosh carg casin casinh catan catanh cbrt ccos ccosh ceil cexp cimag clog conj
copysign cos cosh cpow cproj creal csin csinh csqrt ctan ctanh erf erfc exp exp10 exp2 expm1 fabs fdim floor fma fmax fmin fmod
frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter nexttoward pow
remainder remquo rint round scalbln scalbn sin sincos sinh sqrt tan tanh tgamma trunc`)

// libraryFunctions are the others of the library.
var libraryFunctions = strings.Fields(`
CMPLX CMPLXF CMPLXL I abort abs aligned_alloc asctime assert at_quick_exit atexit atof atoi atol atoll bcmp bsearch btowc c16rtomb
c32rtomb call_once calloc clearerr clock cnd_broadcast cnd_destroy cnd_init cnd_signal cnd_timedwait cnd_wait complex ctime difftime
div exit fclose feclearexcept fegetenv fegetexceptflag fegetround feholdexcept feof feraiseexcept ferror fesetenv fesetexceptflag
fesetround fetestexcept feupdateenv fflush fgetc fgetpos fgets fgetwc fgetws fopen fpclassify fprintf fputc fputs fputwc fputws fread
free freopen fscanf fseek fsetpos ftell fwide fwprintf fwrite fwscanf getc getchar getenv gets getwc getwchar gmtime imaginary imaxabs
imaxdiv isalnum isalpha isblank iscntrl isdigit isfinite isgraph isgreater isgreaterequal isinf isless islessequal islessgreater
islower isnan isnormal isprint ispunct isspace isunordered isupper iswalnum iswalpha iswblank iswcntrl iswctype iswdigit iswgraph
iswlower iswprint iswpunct iswspace iswupper iswxdigit isxdigit kill_dependency labs ldiv llabs lldiv localeconv localtime longjmp
malloc mblen mbrlen mbrtoc16 mbrtoc32 mbrtowc mbsinit mbsrtowcs mbstowcs mbtowc memchr memcmp memcpy memmove memset mktime
mtx_destroy mtx_init mtx_lock mtx_timedlock mtx_trylock mtx_unlock perror printf putc putchar puts putwc putwchar qsort quick_exit
raise rand realloc remove rename rewind scanf setbuf setjmp setlocale setvbuf signal signbit snprintf sprintf srand sscanf stderr
stdin stdout strcat strchr strcmp strcoll strcpy strcspn strerror strftime strlen strncat strncmp strncpy strpbrk strrchr strspn
strstr strtod strtof strtoimax strtok strtol strtold strtoll strtoul strtoull strtoumax strxfrm swprintf swscanf system thrd_create
thrd_current thrd_detach thrd_equal thrd_exit thrd_join thrd_sleep thrd_yield time timespec_get tmpfile tmpnam tolower toupper
towctrans towlower towupper tss_create tss_delete tss_get tss_set ungetc ungetwc va_arg va_copy va_end va_start vfprintf vfscanf
vfwprintf vfwscanf vprintf vscanf vsnprintf vsprintf vsscanf vswprintf vswscanf vwprintf vwscanf wcrtomb wcscat wcschr wcscmp wcscoll
wcscpy wcscspn wcsftime wcslen wcsncat wcsncmp wcsncpy wcspbrk wcsrchr wcsrtombs wcsspn wcsstr wcstod wcstof wcstoimax wcstok wcstol
wcstold wcstoll wcstombs wcstoul wcstoull wcstoumax wcsxfrm wctob wctomb wctrans wctype wmemchr wmemcmp wmemcpy wmemmove wmemset
wprintf wscanf`)
